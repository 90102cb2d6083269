# Rasa on Python 3.10 with the trained model inside: what was tested is what runs.
# Pinned by exact version: this repository is built without a network to look digests up in. `deploy/pin` writes them.
FROM docker.io/library/python:3.10.18-slim-bookworm AS build
WORKDIR /signpost
RUN python -m venv /signpost/engine/.venv
COPY engine/requirements.lock engine/
RUN engine/.venv/bin/python -m pip install --no-cache-dir --no-deps --require-hashes -r engine/requirements.lock
COPY config.yml domain.yml credentials.yml ./
COPY data data
COPY encoder encoder
COPY engine/*.py engine/
COPY deploy/endpoints.yml deploy/endpoints.yml
ENV PYTHONPATH=/signpost RASA_TELEMETRY_ENABLED=false RASA_CACHE_DIRECTORY=/tmp/rasa-cache \
    OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 TF_CPP_MIN_LOG_LEVEL=3
RUN engine/.venv/bin/rasa data validate --fail-on-warnings \
 && engine/.venv/bin/rasa train --fixed-model-name model --out models

FROM docker.io/library/python:3.10.18-slim-bookworm
RUN useradd --system --uid 10002 --no-create-home --shell /usr/sbin/nologin signpost
WORKDIR /signpost
COPY --from=build /signpost /signpost
COPY deploy/start deploy/start
ENV PYTHONPATH=/signpost PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PYTHONWARNINGS=ignore HOME=/tmp \
    RASA_TELEMETRY_ENABLED=false RASA_CACHE_DIRECTORY=/tmp/rasa-cache SQLALCHEMY_SILENCE_UBER_WARNING=1 \
    LOG_LEVEL=INFO OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 \
    TF_INTRA_OP_PARALLELISM_THREADS=1 TF_INTER_OP_PARALLELISM_THREADS=1 TF_CPP_MIN_LOG_LEVEL=3
USER 10002:10002
ENTRYPOINT ["/signpost/deploy/start"]
CMD ["engine/.venv/bin/python", "-m", "engine.serve", "--interface", "0.0.0.0", "--port", "5005", "--model", "models/model.tar.gz", \
     "--endpoints", "deploy/endpoints.yml", "--credentials", "credentials.yml"]
