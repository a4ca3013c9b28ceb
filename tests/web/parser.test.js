// The frame format as the page reads it. The golden frames are those of the library's own tests, so
// that the two cannot drift apart.

import assert from 'node:assert/strict';
import { readFile, readdir } from 'node:fs/promises';
import { test } from 'node:test';

import { parseFrame } from '../../web/page/wire.js';
import { frame } from './mock_server.js';

const GOLDEN = new URL('../frame/golden/', import.meta.url);

/** A Buffer's bytes as a message of a WebSocket has them. */
const message = (buffer) => new Uint8Array(buffer).buffer;

test('a frame comes apart into header and payload', () => {
    const { header, payload } = parseFrame(message(frame({ type: 'image/jpeg', seq: 7, meta: { a: [1] } }, Buffer.from('jpeg'))));
    assert.deepEqual(header, { type: 'image/jpeg', seq: 7, meta: { a: [1] } });
    assert.equal(Buffer.from(payload).toString(), 'jpeg');
});

test('spaces after the header belong to it', () => {
    const json = Buffer.from('{"type":"text/plain"}          ');
    const prefix = Buffer.from('FPF1\0\0\0\0\0\0\0\0\0\0\0\0', 'latin1');
    prefix.writeUInt32LE(json.length, 4);
    prefix.writeUInt32LE(2, 8);
    const { header, payload } = parseFrame(message(Buffer.concat([prefix, json, Buffer.from('ok')])));
    assert.equal(header.type, 'text/plain');
    assert.equal(Buffer.from(payload).toString(), 'ok');
});

test('a number that no parser can hold does not spoil a header', () => {
    const json = '{"type":"text/plain","meta":{"x":1e400}}';
    const prefix = Buffer.alloc(16);
    prefix.write('FPF1');
    prefix.writeUInt32LE(json.length, 4);
    assert.equal(parseFrame(message(Buffer.concat([prefix, Buffer.from(json)]))).header.type, 'text/plain');
});

test('a frame cut at any byte is refused, and so is one with a byte too many', () => {
    const whole = frame({ type: 'image/png', width: 3 }, Buffer.from('payload'));
    for (let length = 0; length < whole.length; ++length) {
        assert.throws(() => parseFrame(message(whole.subarray(0, length))), /a frame has at least|do not make/, `cut after byte ${length}`);
    }
    assert.throws(() => parseFrame(message(Buffer.concat([whole, Buffer.from('x')]))), /do not make/);
});

test('what is no frame is refused with the reason', () => {
    const wrong = (change, text = '{"type":"a/b"}') => {
        const prefix = Buffer.alloc(16);
        prefix.write('FPF1');
        const json = Buffer.from(text);
        prefix.writeUInt32LE(json.length, 4);
        const bytes = Buffer.concat([prefix, json]);
        change(bytes);
        return () => parseFrame(message(bytes));
    };
    const as = () => {};
    assert.throws(
        wrong((bytes) => bytes.write('FPF2')),
        /does not begin with FPF1/,
    );
    assert.throws(
        wrong((bytes) => bytes.writeUInt32LE(1, 4)),
        /header length of 1 is not/,
    );
    assert.throws(
        wrong((bytes) => bytes.writeUInt32LE(65537, 4)),
        /header length of 65537 is not/,
    );
    assert.throws(
        wrong((bytes) => bytes.writeBigUInt64LE(2n ** 63n, 8)),
        /lengths of 14 and 9223372036854775808/,
    );
    assert.throws(wrong(as, '{"type":'), /header is not JSON/);
    assert.throws(wrong(as, '[1, 2]'), /header is not an object/);
    assert.throws(wrong(as, 'null'), /header is not an object/);
    assert.throws(wrong(as, '{"a":1}'), /header has no type/);
    assert.throws(wrong(as, '{"type":"a/b","stream":3}'), /stream is not a string/);
    assert.throws(
        wrong((bytes) => (bytes[17] = 0xff)),
        /header is not JSON/,
    );
});

/** What the library's tests find in its golden frames: [part of the header, payload]. */
const KNOWN = {
    'rgb.frame': [
        { type: 'image/x-raw', format: 'rgb24', width: 2, height: 1, seq: 7, time_us: 1700000000123456, live: true },
        [255, 0, 0, 0, 0, 255],
    ],
    'text.frame': [{ type: 'text/plain', stream: 'café' }, [...Buffer.from('grüße')]],
    'end.frame': [{ type: 'image/jpeg', stream: 'door', end: true }, []],
    'unknown.frame': [{ type: 'application/json', seq: 0, meta: { n: Infinity, s: 'A' } }, [...Buffer.from('[1]')]],
};

test('the golden frames of the library are read as it reads them', async () => {
    const names = (await readdir(GOLDEN)).filter((name) => name.endsWith('.frame'));
    for (const name of new Set([...names, ...Object.keys(KNOWN)])) {
        const { header, payload } = parseFrame(message(await readFile(new URL(name, GOLDEN))));
        const [known, bytes] = KNOWN[name] ?? [];
        assert.ok(known, `${name} is new: say here what is in it`);
        assert.deepEqual(Object.fromEntries(Object.keys(known).map((key) => [key, header[key]])), known, name);
        assert.deepEqual([...payload], bytes, name);
    }
});
