// Lines in a canvas: axes that people can read, and no more points than there are pixels.

/** @typedef {{x: number, y: number}} Point y is NaN where the line has a gap */
/** @typedef {{points: Point[], colour: string}} Line */
/** @typedef {{x: number, y: number, width: number, height: number}} Box */
/** @typedef {{text: string, grid: string, font: string}} Look */

/**
 * Round numbers in a range, about as many as wanted.
 * @param {number} low
 * @param {number} high above low
 * @param {number} wanted
 */
export function ticks(low, high, wanted) {
    const rough = (high - low) / Math.max(1, wanted);
    const power = 10 ** Math.floor(Math.log10(rough));
    const step = ([1, 2, 5].find((one) => one * power >= rough * 0.999) ?? 10) * power;
    if (!Number.isFinite(step) || step <= 0) {
        return [];
    }
    const found = [];
    for (let at = Math.ceil(low / step - 1e-9); at * step <= high + step * 1e-9 && found.length < 50; ++at) {
        found.push(at * step || 0);
    }
    return found;
}

/**
 * A number beside an axis whose marks are so far from each other.
 * @param {number} value
 * @param {number} step
 */
export function tickText(value, step) {
    const size = Math.abs(value);
    if (size !== 0 && (size >= 1e6 || step < 1e-4)) {
        return value.toExponential(Math.max(0, Math.min(4, Math.floor(Math.log10(size)) - Math.floor(Math.log10(step) + 1e-9)))).replace('e+', 'e');
    }
    const digits = Math.min(6, Math.max(0, -Math.floor(Math.log10(step) + 1e-9)));
    return (Number(value.toFixed(digits)) || 0).toFixed(digits).replace('-', '−');
}

/**
 * Smallest and largest, with a little room about them, and never the same.
 * @param {Line[]} lines
 */
export function rangeOf(lines) {
    let low = Infinity;
    let high = -Infinity;
    for (const { points } of lines) {
        for (const { y } of points) {
            if (y < low) low = y;
            if (y > high) high = y;
        }
    }
    if (low > high) {
        return { low: 0, high: 1 };
    }
    const room = high > low ? (high - low) * 0.06 : Math.abs(high) * 0.1 || 1;
    return { low: low - room, high: high + room };
}

/**
 * Of points that share a column of pixels the first, the smallest, the largest and the last stay.
 * @param {Point[]} points from left to right, in pixels
 */
export function thin(points) {
    const found = /** @type {Point[]} */ ([]);
    for (let at = 0; at < points.length; ) {
        const column = Math.floor(points[at]?.x ?? 0);
        let end = at + 1;
        while (end < points.length && Math.floor(points[end]?.x ?? 0) === column) {
            ++end;
        }
        if (end - at <= 4) {
            found.push(...points.slice(at, end));
        } else {
            const inside = points.slice(at, end).filter(({ y }) => !Number.isNaN(y));
            const first = inside[0] ?? points[at];
            const low = inside.reduce((a, b) => (b.y < a.y ? b : a), first ?? { x: 0, y: NaN });
            const high = inside.reduce((a, b) => (b.y > a.y ? b : a), first ?? { x: 0, y: NaN });
            const last = inside.at(-1) ?? low;
            found.push(first ?? low, low, high, last);
        }
        at = end;
    }
    return found;
}

/**
 * Draws lines into a part of the canvas, with axes at the left and below.
 * @param {CanvasRenderingContext2D} context whose unit is a pixel of the page
 * @param {Box} box
 * @param {Line[]} lines
 * @param {{from: number, to: number, text: (x: number, step: number) => string, whole?: boolean}} across the axis below;
 *     whole: it counts something, so that its marks are integers
 * @param {Look} look
 */
export function plot(context, box, lines, across, look) {
    const { low, high } = rangeOf(lines);
    context.font = look.font;
    const wanted = Math.max(2, box.height / 36);
    const few = ticks(low, high, wanted);
    const upMarks = few.length < 2 ? ticks(low, high, 2 * wanted) : few; // one mark tells no scale
    const upStep = (upMarks[1] ?? high) - (upMarks[0] ?? low);
    const labels = upMarks.map((value) => tickText(value, upStep));
    const left = Math.ceil(Math.max(20, ...labels.map((label) => context.measureText(label).width))) + 8;
    const area = { x: box.x + left, y: box.y + 7, width: Math.max(1, box.width - left - 10), height: Math.max(1, box.height - 28) };
    const span = across.to - across.from || 1;
    const placeX = (/** @type {number} */ x) => area.x + ((x - across.from) / span) * area.width;
    const placeY = (/** @type {number} */ y) => area.y + area.height - ((y - low) / (high - low)) * area.height;

    context.lineWidth = 1;
    context.strokeStyle = look.grid;
    context.fillStyle = look.text;
    context.textBaseline = 'middle';
    context.textAlign = 'right';
    context.beginPath();
    upMarks.forEach((value, at) => {
        const y = Math.round(placeY(value)) + 0.5;
        context.moveTo(area.x, y);
        context.lineTo(area.x + area.width, y);
        context.fillText(labels[at] ?? '', area.x - 6, y);
    });
    context.stroke();
    context.textBaseline = 'alphabetic';
    context.textAlign = 'center';
    const marks = ticks(across.from, across.to, area.width / 80).filter((x) => !across.whole || Number.isInteger(x));
    const step = (marks[1] ?? across.to) - (marks[0] ?? across.from);
    for (const x of marks) {
        const label = across.text(x, step);
        const half = context.measureText(label).width / 2;
        const right = box.x + box.width - half;
        context.fillText(label, Math.min(placeX(x), right), box.y + box.height - 5);
    }

    context.save();
    context.beginPath();
    context.rect(area.x - 1, area.y - 2, area.width + 4, area.height + 4);
    context.clip();
    context.lineWidth = 1.75;
    context.lineJoin = 'round';
    for (const { points, colour } of lines) {
        context.strokeStyle = context.fillStyle = colour;
        stroke(context, thin(points.map(({ x, y }) => ({ x: placeX(x), y: placeY(y) }))));
    }
    context.restore();
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Point[]} points
 */
function stroke(context, points) {
    context.beginPath();
    let alone = true; // a point without neighbours would be no line
    points.forEach(({ x, y }, at) => {
        if (Number.isNaN(y)) {
            alone = true;
            return;
        }
        if (alone) {
            context.moveTo(x, y);
            if (Number.isNaN(points[at + 1]?.y ?? NaN)) {
                context.fillRect(x - 2, y - 2, 4, 4);
            }
        } else {
            context.lineTo(x, y);
        }
        alone = false;
    });
    context.stroke();
}
