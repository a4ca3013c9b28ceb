// The room that a canvas has on the screen, in device pixels.

/**
 * Calls back whenever an observed canvas has another size, and once at first.
 * @param {(canvas: Element, width: number, height: number) => void} changed
 */
export function roomObserver(changed) {
    const observer = new ResizeObserver((entries) => {
        for (const { target, devicePixelContentBoxSize } of entries) {
            const { width, height } = roomOf(target, devicePixelContentBoxSize?.[0]);
            changed(target, width, height);
        }
    });
    return {
        /** @param {Element} canvas */
        observe(canvas) {
            try {
                observer.observe(canvas, { box: 'device-pixel-content-box' });
            } catch {
                observer.observe(canvas);
            }
        },
        /** @param {Element} canvas */
        unobserve(canvas) {
            observer.unobserve(canvas);
        },
    };
}

/**
 * @param {Element} canvas
 * @param {ResizeObserverSize} [exact] what the browser counted, where it does
 */
export function roomOf(canvas, exact) {
    return {
        width: devicePixels(canvas.clientWidth, exact?.inlineSize),
        height: devicePixels(canvas.clientHeight, exact?.blockSize),
    };
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
