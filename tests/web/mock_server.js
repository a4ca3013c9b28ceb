// A server that a test has in its hand: the page's files, and a WebSocket that says what the test
// wants said. For what the real server does only when something fails.

import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PAGE = fileURLToPath(new URL('../../web/page/', import.meta.url));
const THREE = '/usr/share/javascript/three/'; // from where the build takes it
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.ico': 'image/x-icon' };

/** A frame as it stands on the wire. */
export function frame(header, payload = Buffer.alloc(0)) {
    const json = Buffer.from(JSON.stringify(header));
    const prefix = Buffer.alloc(16);
    prefix.write('FPF1');
    prefix.writeUInt32LE(json.length, 4);
    prefix.writeBigUInt64LE(BigInt(payload.length), 8);
    return Buffer.concat([prefix, json, Buffer.from(payload)]);
}

/** One viewer's WebSocket, as much of RFC 6455 as a browser makes necessary. */
class Peer {
    /** What the page said, in order. */
    said = [];
    #socket;
    #rest = Buffer.alloc(0);

    constructor(socket, request) {
        this.url = request.url;
        this.#socket = socket;
        const key = createHash('sha1')
            .update(`${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
            .digest('base64');
        socket.write(
            `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${key}\r\n` +
                'Sec-WebSocket-Protocol: framepipe.v1\r\n\r\n',
        );
        socket.on('error', () => {});
        socket.on('data', (data) => this.#take(data));
    }

    get open() {
        return !this.#socket.destroyed;
    }

    /** The last thing said that has this key. */
    last(key) {
        return this.said.findLast((message) => key in message);
    }

    /** An object goes as JSON, a buffer as it is. */
    send(message) {
        const binary = Buffer.isBuffer(message);
        const data = binary ? message : Buffer.from(JSON.stringify(message));
        const length = data.length < 126 ? 0 : data.length < 65536 ? 2 : 8;
        const head = Buffer.alloc(2 + length);
        head[0] = binary ? 0x82 : 0x81;
        head[1] = length === 0 ? data.length : length === 2 ? 126 : 127;
        if (length === 2) head.writeUInt16BE(data.length, 2);
        if (length === 8) head.writeBigUInt64BE(BigInt(data.length), 2);
        this.#socket.write(Buffer.concat([head, data]));
    }

    cut() {
        this.#socket.destroy();
    }

    #take(data) {
        this.#rest = Buffer.concat([this.#rest, data]);
        for (;;) {
            if (this.#rest.length < 2) return;
            let length = this.#rest[1] & 127;
            let at = 2;
            if (length === 126) {
                if (this.#rest.length < 4) return;
                length = this.#rest.readUInt16BE(2);
                at = 4;
            }
            if (this.#rest.length < at + 4 + length) return;
            const mask = this.#rest.subarray(at, at + 4);
            const text = Buffer.from(this.#rest.subarray(at + 4, at + 4 + length)).map((byte, i) => byte ^ mask[i % 4]);
            const kind = this.#rest[0] & 15;
            this.#rest = this.#rest.subarray(at + 4 + length);
            if (kind === 8) {
                this.#socket.end();
            } else if (kind === 1) {
                const message = JSON.parse(text.toString());
                this.said.push(message);
                this.heard?.(message);
            }
        }
    }
}

export class MockServer {
    peers = [];
    /** Paths asked for, beside the WebSocket. */
    asked = [];
    /** Answers what pings ask; a test that plays dead sets it to false. */
    answering = true;
    /** Set: a handshake gets this status and text instead. */
    refusal = null;
    /** Called with each new peer. */
    welcome = () => {};
    /** It says that it answers requests; the test does. */
    responds = false;
    /** What its answers are of, if it says that. */
    describes = undefined;
    /** Microseconds that this server's clock is ahead. */
    ahead = 0;

    constructor() {
        this.http = createServer(async (request, response) => {
            const path = new URL(request.url, 'http://x').pathname.replace(/^\/below(?=\/)/, '');
            this.asked.push(path);
            if (path === '/streams') {
                response.writeHead(this.refusal ? this.refusal.status : 200).end(this.refusal ? this.refusal.text : '{"streams":[]}');
                return;
            }
            try {
                const name = path === '/' ? 'index.html' : path.slice(1);
                const body = await readFile(name.startsWith('three/') ? join(THREE, name.slice(6)) : join(PAGE, name));
                response.writeHead(200, { 'Content-Type': TYPES[extname(name)] }).end(body);
            } catch {
                response.writeHead(404).end('not found\n');
            }
        });
        this.http.on('upgrade', (request, socket) => {
            if (this.refusal) {
                socket.end(`HTTP/1.1 ${this.refusal.status} No\r\nContent-Length: ${this.refusal.text.length}\r\n\r\n${this.refusal.text}`);
                return;
            }
            const peer = new Peer(socket, request);
            peer.heard = (message) => {
                if ('ping' in message && this.answering) peer.send({ pong: message.ping, time_us: this.now_us() });
            };
            this.peers.push(peer);
            this.welcome(peer);
        });
    }

    now_us() {
        return Date.now() * 1000 + this.ahead;
    }

    /** The list of streams, as the server tells it. */
    list(...streams) {
        const { responds, describes } = this;
        return { server: { version: '9.9', ...(responds && { responds, describes }) }, streams, time_us: this.now_us() };
    }

    async listen(port = 0) {
        await new Promise((done) => this.http.listen(port, '127.0.0.1', done));
        this.port = this.http.address().port;
        return `http://127.0.0.1:${this.port}/`;
    }

    /** The connection that the page has now. */
    get peer() {
        return this.peers.at(-1);
    }

    async close() {
        for (const peer of this.peers) peer.cut();
        this.http.closeAllConnections();
        await new Promise((done) => this.http.close(done));
    }
}
