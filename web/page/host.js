// Starts the engine, in a worker where the canvas can go there, and keeps it informed about the page:
// the room for the picture, and whether anybody looks.

/** @typedef {import('../messages').Order} Order */
/** @typedef {import('../messages').Report} Report */

const HIDE_AFTER = 3000; // a glance at another tab is no reason to stop

export class Host {
    #canvas;
    #url;
    #stream;
    #hear;
    /** The room for the picture, in device pixels. */
    #room = { width: 0, height: 0 };
    /** @type {(order: Order) => void} */
    #send = () => {};

    /**
     * @param {HTMLCanvasElement} canvas
     * @param {string} url of the WebSocket
     * @param {string | null} stream to begin with
     * @param {(report: Report) => void} hear
     */
    constructor(canvas, url, stream, hear) {
        this.#canvas = canvas;
        this.#url = url;
        this.#stream = stream;
        this.#hear = hear;
        if (typeof canvas.transferControlToOffscreen === 'function') {
            this.#startInWorker();
        } else {
            void this.#startHere();
        }
        this.#watchRoom();
        this.#watchEyes();
    }

    /** @param {Order} order */
    send(order) {
        this.#send(order);
    }

    #startInWorker() {
        const worker = new Worker(new URL('worker.js', import.meta.url), { type: 'module' });
        let ready = false;
        worker.onmessage = (event) => {
            if (event.data.report === 'ready') {
                ready = true;
                this.#send = (order) =>
                    worker.postMessage(order, order.order === 'start' ? [/** @type {OffscreenCanvas} */ (order.canvas)] : []);
                this.#start(this.#canvas.transferControlToOffscreen());
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
        this.#start(this.#canvas);
    }

    /** @param {HTMLCanvasElement | OffscreenCanvas} canvas */
    #start(canvas) {
        if (this.#room.width === 0) {
            this.#measure();
        }
        if (document.hidden) {
            this.#send({ order: 'hide', on: true });
        }
        this.#send({ order: 'start', canvas, url: this.#url, stream: this.#stream, ...this.#room });
    }

    #watchRoom() {
        const observer = new ResizeObserver((entries) => {
            this.#measure(entries.at(-1)?.devicePixelContentBoxSize?.[0]);
            this.#send({ order: 'size', ...this.#room });
        });
        try {
            observer.observe(this.#canvas, { box: 'device-pixel-content-box' });
        } catch {
            observer.observe(this.#canvas);
        }
    }

    /** @param {ResizeObserverSize | undefined} [exact] what the browser counted, where it does */
    #measure(exact) {
        this.#room.width = devicePixels(this.#canvas.clientWidth, exact?.inlineSize);
        this.#room.height = devicePixels(this.#canvas.clientHeight, exact?.blockSize);
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

/**
 * @param {number} size in the units of the page
 * @param {number | undefined} told the browser's own count. It differs from ours by rounding only;
 *     more, and the browser merely plays a fine screen.
 */
function devicePixels(size, told) {
    const own = size * devicePixelRatio;
    return told !== undefined && Math.abs(told - own) < 2 ? told : Math.round(own);
}
