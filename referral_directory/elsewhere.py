"""Names of towns and cities that are not in Leeds, so that they can be told from an unknown name.

Our own list: the neighbours in Yorkshire and Lancashire that residents of Leeds name, the larger cities of
the United Kingdom, and its nations. A name that is also an area of Leeds (Middleton, Halton) is left out:
Leeds wins.
"""

NEIGHBOURS = """
bradford|shipley|keighley|bingley|ilkley|baildon|saltaire|silsden|haworth|cleckheaton|heckmondwike|liversedge
huddersfield|halifax|dewsbury|batley|mirfield|brighouse|elland|todmorden|hebden bridge|holmfirth
sowerby bridge
wakefield|castleford|pontefract|normanton|ossett|horbury|knottingley|featherstone|hemsworth|south elmsall
harrogate|knaresborough|ripon|skipton|selby|tadcaster|sherburn in elmet|york|northallerton|thirsk|malton
whitby
scarborough|burley in wharfedale|kirklees|calderdale|north yorkshire|south yorkshire|east yorkshire|barnsley
doncaster|rotherham|sheffield|hull|kingston upon hull|goole|beverley|bridlington|burnley|blackburn|accrington
nelson
colne|oldham|rochdale|bury|bolton|stockport|salford|wigan|manchester|warrington|preston|blackpool|lancaster
"""
FURTHER = """
london|birmingham|liverpool|bristol|leicester|nottingham|newcastle|newcastle upon tyne|sunderland|gateshead
durham
middlesbrough|darlington|hartlepool|carlisle|derby|stoke|stoke on trent|coventry|wolverhampton|walsall|lincoln
grimsby|scunthorpe|peterborough|cambridge|oxford|norwich|ipswich|luton|reading|milton keynes|northampton
brighton
southampton|portsmouth|plymouth|exeter|swindon|gloucester|cheltenham|worcester|chester|crewe|telford|shrewsbury
glasgow|edinburgh|aberdeen|dundee|inverness|cardiff|swansea|newport|wrexham|belfast|derry|lisburn|scotland|wales
northern ireland|ireland
"""


def outside_names() -> frozenset[str]:
    """Every name in small letters, as places.plain_name writes them."""
    return frozenset(name for line in (NEIGHBOURS + FURTHER).split("\n") for name in line.split("|") if name)
