FROM node:20.20.2-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json ./
# No install script runs: the compiler needs none, and the image brings no PostgreSQL of its own.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build

FROM node:20.20.2-bookworm-slim AS modules
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund

FROM node:20.20.2-bookworm-slim
WORKDIR /app
# Docker gives a new volume the owner of the folder it covers. The journal's volume belongs on another medium.
RUN install --directory --owner=node --group=node /var/lib/tanba /var/lib/tanba-journal
COPY package.json LICENS[E] ./
COPY bin ./bin
COPY config ./config
COPY migrations ./migrations
COPY schemas ./schemas
COPY --from=modules /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
ENV NODE_ENV=production HOST=0.0.0.0 PORT=8080 TANBA_DATA=/var/lib/tanba TANBA_ISSUE_JOURNAL=/var/lib/tanba-journal
USER node
EXPOSE 8080
HEALTHCHECK --interval=10s --timeout=5s --retries=6 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + process.env.PORT + '/health/live').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
# The flag: docs/operation.md "Start and stop".
CMD ["node", "--max-semi-space-size=64", "bin/tanba.js", "start"]
