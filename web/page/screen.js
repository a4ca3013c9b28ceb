// The canvas: one picture, whole, as large as fits, in device pixels.

const SNAP = 1.04; // a picture that nearly fits is shown pixel for pixel
const PIXELATED = 4; // from this enlargement on, pixels are meant to be seen

/**
 * Where a picture lies in a canvas so that all of it is seen.
 * @param {number} width of the picture
 * @param {number} height
 * @param {number} canvasWidth
 * @param {number} canvasHeight
 */
export function fit(width, height, canvasWidth, canvasHeight) {
    const room = Math.min(canvasWidth / width, canvasHeight / height);
    const scale = room > 1 && room < SNAP ? 1 : room;
    const w = Math.max(1, Math.round(width * scale));
    const h = Math.max(1, Math.round(height * scale));
    return { x: Math.floor((canvasWidth - w) / 2), y: Math.floor((canvasHeight - h) / 2), w, h, scale };
}

export class Screen {
    #canvas;
    #context;
    /** Kept to be drawn anew when the size changes. @type {ImageBitmap | null} */
    #bitmap = null;
    #translucent = false;

    /**
     * @param {HTMLCanvasElement | OffscreenCanvas} canvas
     * @param {number} width
     * @param {number} height
     */
    constructor(canvas, width, height) {
        this.#canvas = canvas;
        this.#context = /** @type {OffscreenCanvasRenderingContext2D | CanvasRenderingContext2D | null} */ (canvas.getContext('2d'));
        this.resize(width, height);
    }

    /** In device pixels. */
    get width() {
        return this.#canvas.width;
    }

    get height() {
        return this.#canvas.height;
    }

    /**
     * @param {number} width in device pixels
     * @param {number} height
     */
    resize(width, height) {
        if (width !== this.#canvas.width || height !== this.#canvas.height) {
            this.#canvas.width = width;
            this.#canvas.height = height;
        }
        this.#draw();
    }

    /**
     * Shows a picture, which is the screen's from now on.
     * @param {ImageBitmap} bitmap
     * @param {boolean} translucent it may have see-through parts; they are white, as in a JPEG of it
     */
    show(bitmap, translucent) {
        this.#bitmap?.close();
        this.#bitmap = bitmap;
        this.#translucent = translucent;
        this.#draw();
    }

    clear() {
        this.#bitmap?.close();
        this.#bitmap = null;
        this.#draw();
    }

    #draw() {
        const { width, height } = this.#canvas;
        const context = this.#context;
        if (!context || width === 0 || height === 0) {
            return;
        }
        context.clearRect(0, 0, width, height);
        if (!this.#bitmap) {
            return;
        }
        const { x, y, w, h, scale } = fit(this.#bitmap.width, this.#bitmap.height, width, height);
        if (this.#translucent) {
            context.fillStyle = '#fff';
            context.fillRect(x, y, w, h);
        }
        context.imageSmoothingEnabled = scale < PIXELATED;
        context.imageSmoothingQuality = 'high';
        context.drawImage(this.#bitmap, x, y, w, h);
    }
}
