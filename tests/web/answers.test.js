// The text box in Chromium: before a real wsserve --respond, by the ink on the screen; and what only
// a server in the test's hand does.

import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, test } from 'node:test';

import { picture, says, until } from './browser.js';
import { MockServer, frame } from './mock_server.js';
import { browser, folder, pipes, viewer } from './real_stage.js';

const BLUE_TEXT = "--respond 'render-text --size 300x150 --font-size 80 --color blue --background white | encode png'";

let mock;

afterEach(async () => {
    await mock?.close();
    mock = undefined;
});

async function ask(page, text) {
    await page.fill('#ask-text', text);
    await page.press('#ask-text', 'Enter');
}

/** The picture on the screen answers this text. */
const answered = (page, text) =>
    until(
        `an answer to ${text}`,
        async () =>
            (await page.textContent('#answer-asked')) === text && (await page.$eval('#answer-picture', (img) => img.complete && img.naturalWidth > 0)),
    );

/** Which pixels of the answer's picture are ink, as it stands on the screen. */
async function ink(page) {
    const shot = (await page.locator('#answer-picture').screenshot({ animations: 'disabled' })).toString('base64');
    return page.evaluate(async (png) => {
        const bytes = Uint8Array.from(atob(png), (c) => c.charCodeAt(0));
        const bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/png' }));
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext('2d');
        context.drawImage(bitmap, 0, 0);
        const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
        const found = { size: bitmap.width * bitmap.height, blue: 0, white: 0, where: '' };
        for (let i = 0; i < data.length; i += 4) {
            const blue = data[i] < 60 && data[i + 1] < 60 && data[i + 2] > 200;
            found.blue += blue;
            found.white += data[i] > 240 && data[i + 1] > 240 && data[i + 2] > 240;
            found.where += i % 64 === 0 ? Number(blue) : '';
        }
        return found;
    }, shot);
}

test('who opens a page that only answers can type at once, and on a phone no keyboard covers it', async () => {
    const { url } = await pipes.start(`wsserve --listen localhost:0 ${BLUE_TEXT} </dev/null`);
    const { page } = await viewer(url);
    await says(page, 'Ready');
    await page.keyboard.type('a b');
    await page.keyboard.press('Enter');
    await answered(page, 'a b');
    const phone = await viewer(url, { isMobile: true, hasTouch: true });
    await says(phone.page, 'Ready');
    assert.equal(await phone.page.evaluate(() => document.activeElement?.tagName), 'BODY');
});

test('typed text comes back as blue ink, and other text as other ink', async () => {
    const { url } = await pipes.start(`wsserve --listen localhost:0 ${BLUE_TEXT} </dev/null`);
    const { page, complaints } = await viewer(url);
    await says(page, 'Ready');
    assert.equal(await page.textContent('#message-title'), 'Type something');
    assert.ok(await page.isVisible('#message'));
    assert.ok(await page.isDisabled('#save'));

    await page.keyboard.press('Escape');
    await page.keyboard.press('t');
    assert.equal(await page.inputValue('#ask-text'), '', 'the key is no text');
    await page.keyboard.type('find it'); // all of these letters are keys elsewhere
    await page.keyboard.press('Enter');
    await answered(page, 'find it');
    assert.ok(await page.isHidden('#message'));
    assert.ok(await page.isHidden('#details'), 'a letter that was typed did what it does elsewhere');
    const first = await ink(page);
    assert.ok(first.blue > first.size / 200, `${first.blue} blue pixels of ${first.size}`);
    assert.ok(first.white > first.size / 2, `${first.white} white pixels of ${first.size}`);
    assert.match(await page.textContent('#answer-facts'), /^300 × 150 · [\d.]+ k?B · (\d+ ms|[\d.]+ s)$/);
    assert.match(await page.textContent('#answer-spoken'), /300 by 150/);

    await ask(page, '日本');
    await answered(page, '日本');
    const second = await ink(page);
    assert.ok(second.blue > second.size / 200);
    assert.notEqual(second.where, first.where);
    await ask(page, 'find it');
    await answered(page, 'find it');
    assert.equal((await ink(page)).where, first.where);

    const [saved] = await Promise.all([page.waitForEvent('download'), page.click('#save')]);
    assert.match(saved.suggestedFilename(), /^answer_.*\.png$/);
    const file = await readFile(await saved.path());
    assert.deepEqual([file.readUInt32BE(16), file.readUInt32BE(20)], [300, 150]);

    await page.keyboard.press('Escape'); // from nowhere in particular: the answer goes
    await until('the invitation', () => page.isVisible('#message'));
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'ask-text');
    await page.keyboard.press('Escape');
    assert.notEqual(await page.evaluate(() => document.activeElement.id), 'ask-text');
    assert.deepEqual(complaints, []);
});

test('beside a stream the answer is on a card, and the stream counts none of it', async () => {
    const { url } = await pipes.start(`capture test: | wsserve --listen localhost:0 ${BLUE_TEXT}`);
    const { page, complaints } = await viewer(url);
    await says(page, 'Live');
    await ask(page, 'Hello');
    await answered(page, 'Hello');
    assert.ok((await ink(page)).blue > 100);
    const card = await page.locator('#answer').boundingBox();
    const stage = await page.locator('#stage').boundingBox();
    assert.ok(card.width < stage.width / 2 && card.height < stage.height / 2, `the card is ${card.width} × ${card.height}`);
    assert.equal(await page.textContent('#size'), '640 × 480', 'the stream is the picture');
    // Answers that were acknowledged as frames of the stream would bring the server's complaint.
    for (const text of ['one', 'two', 'three', 'four']) {
        await ask(page, text);
        await answered(page, text);
    }
    assert.ok(await page.isHidden('#notice'));
    const [saved] = await Promise.all([page.waitForEvent('download'), page.click('#answer-save')]);
    assert.match(saved.suggestedFilename(), /^answer_.*\.png$/);
    await page.click('#answer-close');
    assert.ok(await page.isHidden('#answer'));
    await says(page, 'Live');
    assert.deepEqual(complaints, []);
});

for (const [where, source, state] of [
    ['in the stage', '', 'Failed'],
    ['on the card beside a stream', 'capture test: |', 'Live'],
]) {
    test(`a pipeline that fails is said in words, ${where}`, async () => {
        const { url } = await pipes.start(`${source} wsserve --listen localhost:0 --respond false`);
        const { page } = await viewer(url);
        await says(page, state);
        await ask(page, 'Hello');
        const words = await until('words', async () => (await page.isVisible('#answer-error')) && page.textContent('#answer-error'));
        assert.ok(words.length > 10, words);
        const [box, panel] = [await page.locator('#answer-error').boundingBox(), await page.locator('#answer').boundingBox()];
        assert.ok(box.height >= 20 && box.width >= 100, `the words have ${box.width} × ${box.height}`);
        assert.ok(box.y >= panel.y && box.y + box.height <= panel.y + panel.height, 'the words are inside');
        assert.ok(await page.isHidden('#answer-picture'));
        assert.ok(await page.isHidden('#answer-save'));
        assert.equal(await page.getAttribute('#answer-error', 'role'), 'alert');
    });
}

test('a text comes back as text', async () => {
    const { url } = await pipes.start("wsserve --listen localhost:0 --respond 'cat' </dev/null");
    const { page } = await viewer(url);
    await says(page, 'Ready');
    await ask(page, '<b>Hello</b>');
    await until('the text', async () => (await page.textContent('#answer-text')) === '<b>Hello</b>');
    assert.ok(await page.isVisible('#answer-text'));
    assert.ok(await page.isHidden('#answer-error'));
});

/** A viewer of a server that is in the test's hand. */
async function mocked(streams = []) {
    mock = new MockServer();
    mock.responds = true;
    mock.welcome = (peer) => peer.send(mock.list(...streams));
    const opened = await viewer(await mock.listen());
    await opened.page.waitForSelector('#ask', { state: 'visible' });
    return opened.page;
}
const asked = (text) => until(`a request ${text}`, () => mock.peer.said.find((message) => message.text === text));

test('waiting is shown, and answers are neither acknowledged nor shown as a stream', async () => {
    const page = await mocked();
    await ask(page, 'one');
    const { request } = await asked('one');
    await until('the wait', async () => (await page.textContent('#ask-state')) === 'Waiting for the answer');
    mock.peer.send(frame({ type: 'image/png', request }, await picture(browser, 'rgb(0 0 255)')));
    await answered(page, 'one');
    await until('no wait', async () => (await page.textContent('#ask-state')) === '');
    await says(page, 'Ready');
    assert.equal(mock.peer.last('ack'), undefined);

    // A stream comes: the answer makes room, and the first frame of the stream is counted as the first.
    mock.peer.send(mock.list({ name: '', state: 'live' }));
    mock.peer.send(frame({ type: 'image/png' }, await picture(browser, 'rgb(220 30 30)')));
    await until('an acknowledgement', () => mock.peer.last('ack')?.ack === 1);
    await page.waitForSelector('#answer.card-beside');
    await says(page, 'Live');
    assert.equal(await page.textContent('#drops'), '0');
});

test('an answer that a broken connection took is said to be lost', async () => {
    const page = await mocked();
    await ask(page, 'one');
    await asked('one');
    mock.peer.cut();
    await until('the loss', async () => /answer was lost/.test((await page.textContent('#answer-error')) ?? ''));
    assert.equal(await page.inputValue('#ask-text'), 'one', 'what was typed is still there');
    await until('another connection', () => mock.peers.length === 2 && mock.peer.last('ping'));
    assert.equal(mock.peer.last('request'), undefined, 'a request is not sent twice');
    await says(page, 'Ready');
    await page.press('#ask-text', 'Enter');
    const { request } = await asked('one');
    mock.peer.send(frame({ type: 'image/png', request }, await picture(browser, 'rgb(0 0 255)')));
    await answered(page, 'one');
    assert.ok(await page.isHidden('#answer-error'));
});

test('what no browser can show is said, and can be saved', async () => {
    const page = await mocked();
    for (const [text, type] of [
        ['one', 'application/pdf'],
        ['two', 'image/png'],
    ]) {
        await ask(page, text);
        const { request } = await asked(text);
        mock.peer.send(frame({ type, request }, Buffer.from('none of this')));
        await until('words', async () => (await page.textContent('#answer-error'))?.includes(`${type}, which cannot be shown`));
        assert.ok(await page.isVisible('#answer-save'));
    }
});

test('there is no text box where the server does not respond', async () => {
    mock = new MockServer();
    mock.welcome = (peer) => peer.send(mock.list());
    const { page } = await viewer(await mock.listen());
    await says(page, 'Waiting');
    assert.ok(await page.isHidden('#ask'));
    await page.keyboard.press('t');
    assert.ok(await page.isHidden('#ask'));
});
