"""British National Grid to latitude and longitude.

Source of the formulas and constants: Ordnance Survey, "A guide to coordinate systems in Great Britain",
annexes A (ellipsoids and projection constants), B (Cartesian conversion), C (inverse Transverse Mercator),
and section 6.6 (the Helmert transformation between OSGB36 and WGS84, good to about 5 metres).
"""

from math import atan2, cos, degrees, radians, sin, sqrt, tan

AIRY_A, AIRY_B = 6_377_563.396, 6_356_256.909
WGS84_A, WGS84_B = 6_378_137.0, 6_356_752.3142
SCALE = 0.9996012717
ORIGIN_LAT, ORIGIN_LON = radians(49), radians(-2)
FALSE_EAST, FALSE_NORTH = 400_000.0, -100_000.0

# OSGB36 to WGS84: the guide's WGS84-to-OSGB36 parameters with their signs turned round.
SHIFT_X, SHIFT_Y, SHIFT_Z = 446.448, -125.157, 542.060
SHIFT_SCALE = -20.4894e-6
TURN_X, TURN_Y, TURN_Z = (radians(seconds / 3600) for seconds in (0.1502, 0.2470, 0.8421))


def to_wgs84(easting: float, northing: float) -> tuple[float, float]:
    """Latitude and longitude in degrees on WGS84 of a grid point in metres."""
    lat, lon = to_osgb36(easting, northing)
    x, y, z = _cartesian(radians(lat), radians(lon))
    s = 1 + SHIFT_SCALE
    return _geographic(
        SHIFT_X + s * x - TURN_Z * y + TURN_Y * z,
        SHIFT_Y + TURN_Z * x + s * y - TURN_X * z,
        SHIFT_Z - TURN_Y * x + TURN_X * y + s * z,
    )


def to_osgb36(easting: float, northing: float) -> tuple[float, float]:
    """Latitude and longitude in degrees on the Airy ellipsoid (OSGB36) of a grid point in metres:
    annex C.2.
    """
    e2 = 1 - (AIRY_B / AIRY_A) ** 2
    lat = ORIGIN_LAT + (northing - FALSE_NORTH) / (AIRY_A * SCALE)
    while abs(rest := northing - FALSE_NORTH - _meridian_arc(lat)) >= 0.00001:
        lat += rest / (AIRY_A * SCALE)
    nu = AIRY_A * SCALE / sqrt(1 - e2 * sin(lat) ** 2)
    rho = AIRY_A * SCALE * (1 - e2) / (1 - e2 * sin(lat) ** 2) ** 1.5
    eta2 = nu / rho - 1
    t, sec, east = tan(lat), 1 / cos(lat), easting - FALSE_EAST
    vii = t / (2 * rho * nu)
    viii = t / (24 * rho * nu**3) * (5 + 3 * t**2 + eta2 - 9 * t**2 * eta2)
    ix = t / (720 * rho * nu**5) * (61 + 90 * t**2 + 45 * t**4)
    x = sec / nu
    xi = sec / (6 * nu**3) * (nu / rho + 2 * t**2)
    xii = sec / (120 * nu**5) * (5 + 28 * t**2 + 24 * t**4)
    xiia = sec / (5040 * nu**7) * (61 + 662 * t**2 + 1320 * t**4 + 720 * t**6)
    return (
        degrees(lat - vii * east**2 + viii * east**4 - ix * east**6),
        degrees(ORIGIN_LON + x * east - xi * east**3 + xii * east**5 - xiia * east**7),
    )


def _meridian_arc(lat: float) -> float:
    """Metres along the meridian from the origin's latitude to `lat`: annex C, equation C3."""
    n = (AIRY_A - AIRY_B) / (AIRY_A + AIRY_B)
    less, more = lat - ORIGIN_LAT, lat + ORIGIN_LAT
    return (
        AIRY_B
        * SCALE
        * (
            (1 + n + 5 / 4 * (n**2 + n**3)) * less
            - (3 * (n + n**2) + 21 / 8 * n**3) * sin(less) * cos(more)
            + 15 / 8 * (n**2 + n**3) * sin(2 * less) * cos(2 * more)
            - 35 / 24 * n**3 * sin(3 * less) * cos(3 * more)
        )
    )


def _cartesian(lat: float, lon: float) -> tuple[float, float, float]:
    """Metres from the Earth's centre of a point on the Airy ellipsoid: annex B.1."""
    e2 = 1 - (AIRY_B / AIRY_A) ** 2
    nu = AIRY_A / sqrt(1 - e2 * sin(lat) ** 2)
    return nu * cos(lat) * cos(lon), nu * cos(lat) * sin(lon), (1 - e2) * nu * sin(lat)


def _geographic(x: float, y: float, z: float) -> tuple[float, float]:
    """Degrees on WGS84 of a point in metres from the Earth's centre: annex B.2, which settles in
    a few turns.
    """
    e2 = 1 - (WGS84_B / WGS84_A) ** 2
    p = sqrt(x * x + y * y)
    lat = atan2(z, p * (1 - e2))
    for _ in range(6):
        nu = WGS84_A / sqrt(1 - e2 * sin(lat) ** 2)
        lat = atan2(z + e2 * nu * sin(lat), p)
    return degrees(lat), degrees(atan2(y, x))
