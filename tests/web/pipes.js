// Shell pipes of the real programs, as a stranger would start them.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';

import { until } from './browser.js';

const BIN = process.env.FRAMEPIPE_BIN;
assert.ok(BIN, 'FRAMEPIPE_BIN names no folder with the programs');

export class Pipes {
    #folder;
    #running = [];

    constructor(folder) {
        this.#folder = folder;
    }

    /** Starts a pipe that ends in wsserve. `url` is what that says. */
    async start(command, env = {}) {
        const child = spawn('/bin/sh', ['-c', command], {
            cwd: this.#folder,
            detached: true, // a process group, so that all of it can be ended
            env: { ...process.env, PATH: `${BIN}:${process.env.PATH}`, ...env },
            stdio: ['pipe', 'ignore', 'pipe'],
        });
        child.stdin.on('error', () => {});
        const pipe = { said: '', stdin: child.stdin, stop: () => {} };
        const gone = new Promise((done) => child.on('close', done));
        pipe.stop = async (signal = 'SIGTERM') => {
            try {
                process.kill(-child.pid, signal);
            } catch {
                // it ended by itself
            }
            child.stdin.destroy();
            await gone;
        };
        this.#running.push(pipe);
        child.stderr.on('data', (data) => (pipe.said += data));
        const found = await until(
            'an address',
            () => /http:\/\/localhost:(\d+)\//.exec(pipe.said) ?? (child.exitCode !== null && ['', pipe.said]),
        );
        assert.ok(found[0], `wsserve did not start: ${pipe.said}`);
        pipe.url = found[0];
        pipe.port = found[1];
        return pipe;
    }

    /** Ends all that run. */
    async stop() {
        await Promise.all(this.#running.splice(0).map((pipe) => pipe.stop()));
    }
}
