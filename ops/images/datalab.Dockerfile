# A node. Built from the repository's root: docker build -f ops/images/datalab.Dockerfile .

# Vite, which builds tracker and UI, is a development dependency: it stays behind in this stage.
FROM node:24.21.0-bookworm-slim AS build
WORKDIR /datalab
COPY package.json package-lock.json .npmrc ./
# No package of ours needs its install script here; the one of `node` would bring a second Node.
RUN npm ci --ignore-scripts
COPY tsconfig.base.json ./
COPY engine engine
COPY tracker tracker
COPY ui ui
COPY ops/build ops/build
RUN node ops/build/build.ts

FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /datalab
COPY package.json package-lock.json .npmrc ./
RUN npm ci --omit=dev --ignore-scripts

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production DATALAB_HOST=0.0.0.0 DATALAB_DATA_DIR=/data
WORKDIR /datalab
COPY package.json LICENSE ./
COPY --from=packages /datalab/node_modules node_modules
COPY --from=build /datalab/build build
COPY engine engine
COPY actors actors
COPY gateway gateway
# What it may write: its secret, and the embedded store where no MongoDB is named.
RUN mkdir /data && chown node:node /data
USER node
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:8080/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "--disable-warning=ExperimentalWarning", "gateway/main.ts"]
