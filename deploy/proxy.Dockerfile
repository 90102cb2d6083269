# Caddy without its file capability (a container without capabilities could not start it at all, and needs none: see
# docker-compose.yml) and with a folder for certificates that its user may write to.
# Pinned by exact version: this repository is built without a network to look digests up in. `deploy/pin` writes them.
FROM docker.io/library/caddy:2.10.0-alpine
RUN setcap -r /usr/bin/caddy && install -d -o 10003 -g 10003 -m 700 /certificates
COPY deploy/Caddyfile /etc/caddy/Caddyfile
ENV XDG_DATA_HOME=/certificates XDG_CONFIG_HOME=/tmp
USER 10003:10003
