# Muster in a container: one static program, run by a user without a name or a shell, that can
# write to /data and nowhere else. docker-compose.yml is the way to run it for many; alone, on SQLite:
#
#   docker build -t muster .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges --tmpfs /tmp:noexec \
#     -v muster-data:/data -e MUSTER_PUBLIC_URL=https://muster.example.com -p 127.0.0.1:8080:8080 muster
#
# The second one expects a proxy that speaks TLS at the public URL; see docs/deploy.md.

FROM golang:1.26.8-bookworm AS source
WORKDIR /src
ENV CGO_ENABLED=0 GOTOOLCHAIN=local
COPY go.mod go.sum ./
RUN go mod download
COPY . .
RUN go run -buildvcs=false ./cmd/muster openapi > /openapi.json

# The graphical interface. Its types come from what the program says of its API.
FROM node:24.9.0-bookworm AS ui
WORKDIR /ui
COPY web/ui/package.json web/ui/package-lock.json ./
RUN npm ci --no-audit --no-fund
COPY web/ui ./
COPY --from=source /openapi.json .vite/openapi.json
RUN npm run build

FROM source AS build
COPY --from=ui /ui/dist/app web/ui/dist/app
ARG VERSION=dev
RUN go build -buildvcs=false -trimpath -ldflags "-s -w -X main.version=$VERSION" -o /out/muster ./cmd/muster
RUN install -d -m 0700 /out/data && install -d -m 1777 /out/tmp

FROM scratch
LABEL org.opencontainers.image.title="Muster" \
      org.opencontainers.image.description="A multi-tenant SCIM gateway with group policy rules" \
      org.opencontainers.image.licenses="Apache-2.0"
# Whom to trust when the database or Redis is reached over TLS.
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /out/muster /muster
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/tmp /tmp
USER 65532:65532
WORKDIR /data
ENV MUSTER_LISTEN=0.0.0.0:8080 \
    MUSTER_DATABASE_URL=sqlite:///data/muster.db \
    MUSTER_LOG_FORMAT=json
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=6s --start-period=30s --retries=3 CMD ["/muster", "healthcheck"]
ENTRYPOINT ["/muster"]
CMD ["serve"]
