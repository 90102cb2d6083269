# One image for the rooms on Python 3.12: actions, directory, bot, worker. Which one it is, the compose file says.
# Pinned by exact version: this repository is built without a network to look digests up in. `deploy/pin` writes them.
FROM docker.io/library/python:3.12.11-slim-bookworm AS build
WORKDIR /signpost
RUN python -m venv /signpost/.venv
COPY services.lock ./
# Hashes of every package are in the lock; nothing is compiled.
RUN .venv/bin/python -m pip install --no-cache-dir --no-deps --require-hashes --only-binary :all: -r services.lock

FROM docker.io/library/python:3.12.11-slim-bookworm
# A user without a name, a home, a shell or a right to anything but its volume.
RUN useradd --system --uid 10001 --no-create-home --shell /usr/sbin/nologin signpost \
 && install -d -o signpost -g signpost -m 700 /state
WORKDIR /signpost
COPY --from=build /signpost/.venv .venv
COPY deploy/start deploy/start
COPY actions actions
COPY encoder encoder
COPY bot bot
COPY referral_directory referral_directory
# Saves, restores and compares the records (docs/operating.md).
COPY scripts/__init__.py scripts/backup.py scripts/
# The actions read the list of places that the assistant knows.
COPY domain.yml domain.yml
COPY data data
ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 SIGNPOST_STATE_DIR=/state \
    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
USER 10001:10001
ENTRYPOINT ["/signpost/deploy/start"]
