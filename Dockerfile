# The runner demands the root user, no WORKDIR and an absolute entry point in exec form (GitHub's Dockerfile support for actions).
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY cmd cmd
COPY internal internal
RUN CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags="-s -w" -o /kmsguard ./cmd/kmsguard

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /kmsguard /kmsguard
ENTRYPOINT ["/kmsguard", "action"]
