// What a file of browser tests stands on: Chromium, and for each test a mock server and its viewers.

import { after, afterEach, before, beforeEach } from 'node:test';

import { colours, launch, open, picture, until } from './browser.js';
import { MockServer, frame } from './mock_server.js';

export const RED = [220, 30, 30];
export const BLUE = [30, 30, 220];
export const GROUND = [12, 14, 18]; // the page's dark background
export const MIDDLE = [0.5, 0.5];

export let browser, server, url, red, blue;
export const viewers = []; // closed after each test

before(async () => {
    browser = await launch();
    red = await picture(browser, 'rgb(220 30 30)');
    blue = await picture(browser, 'rgb(30 30 220)');
});
after(() => browser.close());

beforeEach(async () => {
    server = new MockServer();
    url = await server.listen();
});
afterEach(async () => {
    await Promise.all(viewers.splice(0).map((viewer) => viewer.close()));
    await server.close();
});

/** Opens the viewer; `streams` are told to it when it connects, and then it waits for more. */
export async function viewer(streams = [{ name: '', state: 'live' }], options = {}, path = '') {
    server.welcome = (peer) => peer.send(server.list(...streams));
    const before = server.peers.length;
    const opened = await open(browser, url + path, options);
    viewers.push(opened);
    await until('a WebSocket', () => server.peers.length > before && server.peer.last('ping'));
    return opened;
}

export const send = (payload, header = {}) => server.peer.send(frame({ type: 'image/png', ...header }, payload));
export const acked = (count) => until(`acknowledgement of ${count}`, () => server.peer.last('ack')?.ack === count);
export const shows = (page, colour) =>
    until(`a picture of ${colour}`, async () => (await colours(page, MIDDLE))[0].every((v, i) => Math.abs(v - colour[i]) < 24));
export const text = (page, id) => page.textContent(`#${id}`);
