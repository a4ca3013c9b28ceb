// What the volume view writes. Pure functions.

/** @typedef {import('../../messages').Plane} Plane */
/** @typedef {import('../../messages').Volume} Volume */

/** @param {string} axis */
export function planeTitle(axis) {
    return /^\d$/.test(axis) ? `Axis ${axis}` : axis.charAt(0).toUpperCase() + axis.slice(1);
}

/**
 * A number as short as it can be said.
 * @param {number} value
 */
export function numberText(value) {
    const size = Math.abs(value);
    if (size !== 0 && (size < 1e-3 || size >= 1e7)) {
        return value.toExponential(2);
    }
    return String(Number(value.toFixed(size < 1 ? 4 : size < 100 ? 2 : size < 1000 ? 1 : 0)));
}

/**
 * Where a slice lies, from the first one; nothing where its number says the same.
 * @param {Plane} plane
 * @param {number} index
 * @param {string} unit
 */
export function positionText(plane, index, unit) {
    if (unit === '' && plane.step === 1) {
        return '';
    }
    const digits = Number.isInteger(plane.step) ? 0 : 1;
    return `${(index * plane.step).toFixed(digits)} ${unit}`.trim();
}

/**
 * All that is known of the volume, and of the plane that is looked at.
 * @param {Volume} volume
 * @param {Plane} plane
 * @returns {[string, string][]} names and values
 */
export function volumeFacts(volume, plane) {
    const steps = [0, 1, 2].map((axis) => volume.planes.find(({ frame }) => frame.index_axis === axis)?.step);
    const known = steps.every((step) => step !== undefined) ? steps.map((step) => numberText(step ?? 0)).join(' × ') : '';
    return [
        ['Name', volume.name],
        ['Shape', volume.shape.join(' × ')],
        ['Type', volume.channels > 1 ? `${volume.type}, ${volume.channels} channels` : volume.type],
        ['Values', `${numberText(volume.values[0])} to ${numberText(volume.values[1])}`],
        ['Voxel', known && `${known} ${volume.unit}`.trim()],
        ['Plane', `${planeTitle(plane.axis)}, ${plane.depth} slices`],
        ['Picture', `${plane.width} × ${plane.height}`],
        ['Slices go', plane.letters?.first && plane.letters.last ? `${plane.letters.first} to ${plane.letters.last}` : ''],
    ];
}

/**
 * Of the file that a slice is saved in.
 * @param {string} volume
 * @param {string} axis
 * @param {number} index
 * @param {string} ending
 */
export function sliceFile(volume, axis, index, ending) {
    const safe = volume
        .replace(/\.(nii(\.gz)?|npy|nrrd|tiff?|hdr|img|raw)$/i, '')
        .replace(/[^\p{L}\p{N}._-]+/gu, '-')
        .replace(/^[.-]+|[.-]+$/g, '')
        .slice(0, 60);
    return `${safe || 'volume'}_${/^\d$/.test(axis) ? `axis${axis}` : axis}-${String(index).padStart(4, '0')}.${ending}`;
}
