// Starts the engine, in a worker where the canvas can go there, and keeps it informed about the page:
// the room for the picture, and whether anybody looks.

import { roomObserver, roomOf } from './room.js';

/** @typedef {import('../messages').Order} Order */
/** @typedef {import('../messages').Report} Report */

const HIDE_AFTER = 3000; // a glance at another tab is no reason to stop

export class Host {
    #canvas;
    #url;
    #begin;
    #hear;
    /** The room for the picture, in device pixels. */
    #room = { width: 0, height: 0 };
    /** @type {(order: Order) => void} */
    #send = () => {};

    /**
     * @param {HTMLCanvasElement} canvas
     * @param {string} url of the WebSocket
     * @param {{stream: string | null, grid: boolean}} begin the stream to begin with, or all
     * @param {(report: Report) => void} hear
     */
    constructor(canvas, url, begin, hear) {
        this.#canvas = canvas;
        this.#url = url;
        this.#begin = begin;
        this.#hear = hear;
        if (typeof canvas.transferControlToOffscreen === 'function') {
            this.#startInWorker();
        } else {
            void this.#startHere();
        }
        this.#watchRoom();
        this.#watchEyes();
    }

    /** @param {Order} order whose canvas, if it has one, is the engine's from then on */
    send(order) {
        this.#send(order);
    }

    #startInWorker() {
        const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
        let ready = false;
        worker.onmessage = (event) => {
            if (event.data.report === 'ready') {
                ready = true;
                this.#send = (order) => {
                    if ('canvas' in order && order.canvas instanceof HTMLCanvasElement) {
                        const canvas = order.canvas.transferControlToOffscreen();
                        worker.postMessage({ ...order, canvas }, [canvas]);
                    } else {
                        worker.postMessage(order);
                    }
                };
                this.#start();
            } else {
                this.#hear(event.data);
            }
        };
        worker.onerror = (event) => {
            if (!ready) {
                // The browser has workers, but none made of modules.
                event.preventDefault();
                worker.terminate();
                void this.#startHere();
            }
        };
    }

    async #startHere() {
        const { Engine } = await import('./engine.js');
        const engine = new Engine(this.#hear);
        this.#send = (order) => engine.obey(order);
        this.#start();
    }

    #start() {
        if (this.#room.width === 0) {
            this.#room = roomOf(this.#canvas);
        }
        if (document.hidden) {
            this.#send({ order: 'hide', on: true });
        }
        this.#send({ order: 'start', canvas: this.#canvas, url: this.#url, ...this.#begin, ...this.#room });
    }

    #watchRoom() {
        roomObserver((_, width, height) => {
            this.#room = { width, height };
            this.#send({ order: 'size', width, height });
        }).observe(this.#canvas);
    }

    #watchEyes() {
        /** @type {ReturnType<typeof setTimeout> | undefined} */
        let timer;
        document.addEventListener('visibilitychange', () => {
            clearTimeout(timer);
            if (document.hidden) {
                timer = setTimeout(() => this.#send({ order: 'hide', on: true }), HIDE_AFTER);
            } else {
                this.#send({ order: 'hide', on: false });
                this.#send({ order: 'wake' });
            }
        });
        for (const event of ['online', 'pageshow']) {
            addEventListener(event, () => this.#send({ order: 'wake' }));
        }
    }
}
