// Requests and their answers: which frame answers which, and what becomes of those that nothing answers.

import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import { Asking } from '../../web/page/asking.js';
import { isPicture, isText, readable } from '../../web/page/payload.js';

let sent, told, open, asking;
const bytes = (text) => new TextEncoder().encode(text);
const answer = (request, header = {}, payload = 'x') =>
    asking.take({ type: 'image/png', request, ...header }, bytes(payload), performance.timeOrigin + performance.now());

beforeEach(() => {
    sent = [];
    told = [];
    open = true;
    asking = new Asking(
        (control) => open && sent.push(control) > 0,
        (answer) => told.push(answer),
    );
});

test('a request has a name of its own and the text, and its answer comes with both', async () => {
    asking.ask('one');
    asking.ask('two');
    assert.deepEqual(sent.map(({ text }) => text), ['one', 'two']);
    assert.notEqual(sent[0].request, sent[1].request);
    assert.ok(sent.every(({ request }) => request.length > 0 && request.length < 100));
    assert.equal(asking.waiting, 2);
    assert.ok(answer(sent[0].request));
    assert.equal(asking.waiting, 1);
    assert.deepEqual([told[0].text, told[0].kind, told[0].type], ['one', 'picture', 'image/png']);
    assert.equal(await told[0].blob.text(), 'x');
    assert.match(told[0].name, /^answer_[\d-]+_[\d-]+\.\d{3}\.png$/);
    assert.ok(told[0].took >= 0);
});

test('a frame that answers nothing of ours belongs to a stream', () => {
    asking.ask('one');
    assert.ok(!answer('of-another-page'));
    assert.ok(!answer(undefined));
    assert.ok(!answer(7));
    assert.ok(answer(sent[0].request));
    assert.ok(!answer(sent[0].request), 'an answer is taken once');
    assert.equal(told.length, 1);
});

test('an answer closes the requests before it, which were dropped for a newer one', () => {
    for (const text of ['one', 'two', 'three', 'four']) asking.ask(text);
    assert.ok(answer(sent[2].request));
    assert.equal(asking.waiting, 1);
    assert.deepEqual(told.map(({ text }) => text), ['three']);
});

test('text, JSON, errors and what cannot be shown are told apart', () => {
    const told_of = (header, payload) => {
        asking.ask('?');
        assert.ok(answer(sent.at(-1).request, header, payload));
        return told.at(-1);
    };
    assert.deepEqual((({ kind, words }) => [kind, words])(told_of({ type: 'text/plain' }, 'héllo')), ['text', 'héllo']);
    assert.equal(told_of({ type: 'application/json' }, '{"a":1}').words, '{\n  "a": 1\n}');
    assert.equal(told_of({ type: 'application/pdf' }).kind, 'other');
    assert.equal(told_of({ type: 'image/x-raw' }).kind, 'other');
    const failed = told_of({ type: 'text/plain', error: 'no such font' }, '');
    assert.deepEqual([failed.kind, failed.words, failed.blob], ['error', 'no such font', null]);
});

test('a broken connection loses the answers, and says so once', () => {
    asking.lost();
    assert.equal(told.length, 0, 'nothing was asked');
    asking.ask('one');
    asking.lost();
    asking.lost();
    assert.equal(told.length, 1);
    assert.deepEqual([told[0].text, told[0].kind], ['one', 'error']);
    assert.equal(told[0].words, 'The connection broke, and the answer was lost. Send it again.');
    for (const text of ['one', 'two', 'three']) asking.ask(text);
    asking.lost();
    assert.equal(told[1].text, 'three');
    assert.match(told[1].words, /was lost, as were the 2 before it\./);
    assert.equal(asking.waiting, 0);
});

test('without a connection a text is not sent, and that is said', () => {
    open = false;
    asking.ask('one');
    assert.equal(asking.waiting, 0);
    assert.match(told[0].words, /no connection .* not sent/);
});

test('payloads are what their types say', () => {
    assert.deepEqual(['image/png', 'image/svg+xml', 'image/x-raw', 'text/plain'].map(isPicture), [true, true, false, false]);
    assert.deepEqual(['text/plain', 'text/html', 'application/json', 'image/png'].map(isText), [true, true, true, false]);
    assert.equal(readable({ type: 'application/json' }, bytes('{')), '{');
    assert.equal(readable({ type: 'text/plain', error: 'why' }, bytes('')), 'why');
    assert.equal(readable({ type: 'text/plain' }, bytes('a'.repeat(200000))).length, 100000);
});
