#!/usr/bin/env node
// The bootstrap behind `npm start` and `npm test`: plain JavaScript without dependencies, because it runs before
// anything is installed or built. This file only checks Node, in words that an old Node understands too.

const [major, minor] = process.versions.node.split('.').map(Number);

if (major < 20 || (major === 20 && minor < 19)) {
  process.stderr.write(
    `setup: cachectl needs Node 20.19 or newer, and this is Node ${process.versions.node} (${process.execPath}).\n` +
      'setup: Install a newer one from https://nodejs.org, or with your version manager (nvm install 20, fnm install 20).\n',
  );
  process.exitCode = 2;
} else {
  const { main } = await import('./setup/main.mjs');
  process.exitCode = await main(process.argv.slice(2));
}
