// Where the planes of a volume lie in each other's pictures, and in space. Pure functions.

/** @typedef {import('../../messages').Plane} Plane */
/** @typedef {import('../../messages').Volume} Volume */
/** @typedef {[number, number, number]} Vector */

/**
 * The plane that pages along a voxel axis.
 * @param {Volume} volume
 * @param {number} axis 0 to 2
 * @returns {Plane | undefined}
 */
export function planeAlong(volume, axis) {
    return volume.planes.find(({ frame }) => frame.index_axis === axis);
}

/**
 * Where a voxel is seen in a plane's picture.
 * @param {Volume} volume
 * @param {Plane} plane
 * @param {(axis: string) => number} indexOf the slice of each plane
 * @returns {[number, number]} fractions of its width and height, in the middle of the voxel
 */
export function crossing(volume, plane, indexOf) {
    const { x_axis, x_flipped, y_axis, y_flipped } = plane.frame;
    const along = (/** @type {number} */ axis, /** @type {boolean} */ flipped) => {
        const other = planeAlong(volume, axis);
        const part = other ? (indexOf(other.axis) + 0.5) / other.depth : 0.5;
        return flipped ? 1 - part : part;
    };
    return [along(x_axis, x_flipped), along(y_axis, y_flipped)];
}

/**
 * The slices of the other planes that go through a point of a plane's picture.
 * @param {Volume} volume
 * @param {Plane} plane
 * @param {number} x fraction of its width
 * @param {number} y
 * @returns {{axis: string, index: number}[]}
 */
export function through(volume, plane, x, y) {
    const { x_axis, x_flipped, y_axis, y_flipped } = plane.frame;
    return [
        { along: x_axis, part: x_flipped ? 1 - x : x },
        { along: y_axis, part: y_flipped ? 1 - y : y },
    ].flatMap(({ along, part }) => {
        const other = planeAlong(volume, along);
        return other ? [{ axis: other.axis, index: Math.min(other.depth - 1, Math.max(0, Math.floor(part * other.depth))) }] : [];
    });
}

/** To the viewer's right, up, and towards the viewer, where a patient looks at us. */
const SPACE = /** @type {Record<string, Vector>} */ ({
    L: [1, 0, 0],
    R: [-1, 0, 0],
    S: [0, 1, 0],
    I: [0, -1, 0],
    A: [0, 0, 1],
    P: [0, 0, -1],
});

/**
 * For each voxel axis the way from one end of the volume to the other, in its unit. A patient stands
 * upright and faces us; a volume without orientation lies as its first plane's pictures do, one slice behind the other.
 * @param {Volume} volume
 * @returns {[Vector, Vector, Vector]}
 */
export function edges(volume) {
    const plane = volume.planes.find(({ axis }) => axis === volume.axis) ?? volume.planes[0];
    if (!plane) {
        throw new Error('the volume has no plane');
    }
    const { frame, letters, width, height, depth, spacing, step } = plane;
    const ways = /** @type {[Vector, Vector, Vector]} */ ([
        [0, 0, 0],
        [0, 0, 0],
        [0, 0, 0],
    ]);
    ways[frame.x_axis] = scaled(SPACE[letters?.right ?? ''] ?? [1, 0, 0], width * spacing[0] * (frame.x_flipped ? -1 : 1));
    ways[frame.y_axis] = scaled(SPACE[letters?.bottom ?? ''] ?? [0, -1, 0], height * spacing[1] * (frame.y_flipped ? -1 : 1));
    ways[frame.index_axis] = scaled(SPACE[letters?.last ?? ''] ?? [0, 0, -1], depth * step);
    return ways;
}

/**
 * The corners of a slice in space, the middle of the volume being the origin: those of its picture at
 * the top left, top right, bottom left and bottom right.
 * @param {Volume} volume
 * @param {Plane} plane
 * @param {number} index
 * @returns {[Vector, Vector, Vector, Vector]}
 */
export function corners(volume, plane, index) {
    const ways = edges(volume);
    const { index_axis, x_axis, x_flipped, y_axis, y_flipped } = plane.frame;
    const middle = scaled(way(ways, index_axis), (index + 0.5) / plane.depth - 0.5);
    const right = scaled(way(ways, x_axis), x_flipped ? -0.5 : 0.5);
    const down = scaled(way(ways, y_axis), y_flipped ? -0.5 : 0.5);
    const corner = (/** @type {number} */ x, /** @type {number} */ y) => sum(middle, scaled(right, x), scaled(down, y));
    return [corner(-1, -1), corner(1, -1), corner(-1, 1), corner(1, 1)];
}

/**
 * @param {Vector[]} ways
 * @param {number} axis
 * @returns {Vector}
 */
function way(ways, axis) {
    return ways[axis] ?? [0, 0, 0];
}

/**
 * @param {Vector} vector
 * @param {number} by
 * @returns {Vector}
 */
function scaled([x, y, z], by) {
    return [x * by, y * by, z * by];
}

/**
 * @param {...Vector} vectors
 * @returns {Vector}
 */
function sum(...vectors) {
    return vectors.reduce((a, b) => [a[0] + b[0], a[1] + b[1], a[2] + b[2]], [0, 0, 0]);
}
