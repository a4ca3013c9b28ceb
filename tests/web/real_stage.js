// What a file of browser tests before the real programs stands on: Chromium, a folder for all tests, and for
// each its pipes and viewers.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach } from 'node:test';

import { launch, open } from './browser.js';
import { Pipes } from './pipes.js';

export const browser = await launch();
export const folder = await mkdtemp(join(tmpdir(), 'framepipe-web-'));
export const pipes = new Pipes(folder);
const viewers = []; // closed after each test

after(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
});
afterEach(async () => {
    await Promise.all(viewers.splice(0).map((viewer) => viewer.close()));
    await pipes.stop();
});

export async function viewer(url, options) {
    const opened = await open(browser, url, options);
    viewers.push(opened);
    return opened;
}
