/** The packages of Node's binaries give their platform as text, and pnpm reads only lists. */
const BINARY = /^node-(?:linux|win)-/;

function readPackage(manifest) {
  if (!BINARY.test(manifest.name)) return manifest;
  return { ...manifest, os: [manifest.os].flat(), cpu: [manifest.cpu].flat() };
}

module.exports = { hooks: { readPackage } };
