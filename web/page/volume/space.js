// The volume as a box in space, its slices as planes in it at their true places. Brings three.js and
// its OrbitControls with it, so this file is loaded only when somebody wants to see that.

import { corners, edges } from './planes.js';

/** @typedef {import('../../messages').Plane} Plane */
/** @typedef {import('../../messages').Volume} Volume */
/** @typedef {import('./planes.js').Vector} Vector */
/** @typedef {import('three')} Three */

const BACKGROUND = 0x0a0b0e;
const BOX = 0x4a5262;
const ACTIVE = 0x4fd1c5;
const CALM = 0x6b7484;
const TURN = Math.PI / 24; // of a key
const VIEW = /** @type {Vector} */ ([0.62, 0.42, 1]); // from where it is looked at first
const FIELD = 32; // degrees

export class NoSpace extends Error {}

/**
 * @param {Volume} volume
 * @returns {Promise<Space>}
 * @throws {NoSpace} in words for a person
 */
export async function openSpace(volume) {
    const canvas = document.createElement('canvas');
    const context = canvas.getContext('webgl2', { antialias: true }) ?? canvas.getContext('webgl', { antialias: true });
    if (!context) {
        throw new NoSpace('This browser has no WebGL, which the 3D view needs.');
    }
    // Not by fixed names: types are those of the npm package, files those that the server has.
    const from = (/** @type {string} */ file) => import(new URL(`../three/${file}`, import.meta.url).href);
    const [three, orbit] = await Promise.all([from('build/three.module.js'), from('examples/jsm/controls/OrbitControls.js')]);
    return new Space(/** @type {Three} */ (three), /** @type {import('three/examples/jsm/controls/OrbitControls')} */ (orbit), volume, canvas, context);
}

export class Space {
    canvas;
    #three;
    #volume;
    #renderer;
    #scene;
    #camera;
    #controls;
    #slices = /** @type {Map<string, SpaceSlice>} */ (new Map());
    #frame = 0;
    #size = 1;
    #observer;

    /**
     * @param {Three} three
     * @param {import('three/examples/jsm/controls/OrbitControls')} orbit
     * @param {Volume} volume
     * @param {HTMLCanvasElement} canvas
     * @param {WebGLRenderingContext} context
     */
    constructor(three, orbit, volume, canvas, context) {
        this.#three = three;
        this.#volume = volume;
        this.canvas = canvas;
        canvas.setAttribute('role', 'img');
        canvas.setAttribute('aria-label', 'The volume in space. Shift with the arrow keys turns it, plus and minus come nearer and go away.');
        this.#renderer = new three.WebGLRenderer({ canvas, context, antialias: true });
        this.#renderer.setClearColor(BACKGROUND);
        this.#scene = new three.Scene();
        this.#camera = new three.PerspectiveCamera(FIELD, 1, 0.01, 100);
        this.#controls = new orbit.OrbitControls(this.#camera, canvas);
        this.#controls.enableKeys = false; // it would take the arrow keys of all the page,
        canvas.removeAttribute('tabindex'); // and has made this a place for them
        this.#controls.screenSpacePanning = true;
        this.#controls.addEventListener('change', () => this.#paint());

        const ways = edges(volume);
        this.#size = Math.hypot(...ways.map((way) => Math.hypot(...way)));
        this.#controls.minDistance = 0.2;
        this.#controls.maxDistance = 8;
        this.#scene.add(this.#box(ways));
        const { letters } = volume.planes[0] ?? {};
        if (letters) {
            for (const [letter, at] of letterPlaces(ways, volume.planes[0])) {
                this.#scene.add(this.#letter(letter, at.map((value) => value / this.#size)));
            }
        }
        this.#observer = new ResizeObserver(() => this.#resize());
        this.#observer.observe(canvas);
        this.home();
    }

    /** Back to where it is looked at from first. */
    home() {
        // Near enough for the ball around the box to fill the narrower side of the view.
        const narrow = Math.min(1, this.#camera.aspect);
        const distance = 0.5 / Math.sin((FIELD / 2) * (Math.PI / 180)) / narrow;
        this.#controls.target.set(0, 0, 0);
        this.#camera.position.set(...VIEW).setLength(distance);
        this.#controls.update();
        this.#paint();
    }

    /**
     * A slice at its place, or moved to another one.
     * @param {Plane} plane
     * @param {number} index
     * @param {ImageBitmap | null} bitmap stays the caller's
     */
    put(plane, index, bitmap) {
        let slice = this.#slices.get(plane.axis);
        if (!slice) {
            slice = new SpaceSlice(this.#three);
            this.#slices.set(plane.axis, slice);
            this.#scene.add(slice.group);
        }
        slice.place(corners(this.#volume, plane, index).map((corner) => corner.map((value) => value / this.#size)));
        if (bitmap) {
            slice.paint(bitmap);
        }
        this.#paint();
    }

    /**
     * Which planes are there, and which one of them is meant by the slider.
     * @param {string[]} axes
     * @param {string} active
     */
    keep(axes, active) {
        for (const [axis, slice] of this.#slices) {
            if (!axes.includes(axis)) {
                this.#scene.remove(slice.group);
                slice.dispose();
                this.#slices.delete(axis);
            } else {
                slice.outline(axis === active ? ACTIVE : CALM);
            }
        }
        this.#paint();
    }

    /**
     * @param {number} right steps of a turn
     * @param {number} up
     */
    turn(right, up) {
        const { Spherical, Vector3 } = this.#three;
        const way = new Vector3().subVectors(this.#camera.position, this.#controls.target);
        const at = new Spherical().setFromVector3(way);
        at.theta += right * TURN;
        at.phi -= up * TURN;
        at.makeSafe();
        this.#camera.position.setFromSpherical(at).add(this.#controls.target);
        this.#controls.update();
    }

    /** @param {number} factor more than 1: nearer */
    zoom(factor) {
        const { target } = this.#controls;
        this.#camera.position.sub(target).multiplyScalar(1 / factor).add(target);
        this.#controls.update();
    }

    remove() {
        cancelAnimationFrame(this.#frame);
        this.#frame = -1; // nothing is painted any more
        this.#observer.disconnect();
        this.#controls.dispose();
        this.keep([], '');
        this.#scene.traverse((/** @type {any} */ object) => {
            object.geometry?.dispose();
            object.material?.map?.dispose();
            object.material?.dispose();
        });
        this.#renderer.dispose();
        this.#renderer.forceContextLoss();
        this.canvas.remove();
    }

    #resize() {
        const { clientWidth, clientHeight } = this.canvas;
        if (clientWidth === 0 || clientHeight === 0) {
            return;
        }
        this.#renderer.setPixelRatio(devicePixelRatio);
        this.#renderer.setSize(clientWidth, clientHeight, false);
        const before = Math.min(1, this.#camera.aspect);
        this.#camera.aspect = clientWidth / clientHeight;
        this.#camera.updateProjectionMatrix();
        this.zoom(Math.min(1, this.#camera.aspect) / before); // a narrower view is from further away
        this.#render();
    }

    /** Soon: however much changes, it is painted once a frame of the screen. */
    #paint() {
        if (this.#frame === 0) {
            this.#frame = requestAnimationFrame(() => this.#render());
        }
    }

    #render() {
        cancelAnimationFrame(this.#frame);
        this.#frame = 0;
        this.#renderer.render(this.#scene, this.#camera);
    }

    /** @param {Vector[]} ways */
    #box(ways) {
        const { BoxBufferGeometry, EdgesGeometry, LineBasicMaterial, LineSegments } = this.#three;
        const length = (/** @type {number} */ place) => Math.max(...ways.map((way) => Math.abs(way[place] ?? 0))) / this.#size;
        const box = new BoxBufferGeometry(length(0), length(1), length(2));
        const lines = new LineSegments(new EdgesGeometry(box), new LineBasicMaterial({ color: BOX }));
        box.dispose();
        return lines;
    }

    /**
     * @param {string} letter
     * @param {number[]} at
     */
    #letter(letter, at) {
        const { CanvasTexture, Sprite, SpriteMaterial } = this.#three;
        const canvas = document.createElement('canvas');
        canvas.width = canvas.height = 64;
        const context = canvas.getContext('2d');
        if (context) {
            context.font = '600 44px system-ui, sans-serif';
            context.textAlign = 'center';
            context.textBaseline = 'middle';
            context.fillStyle = '#9aa3b2';
            context.fillText(letter, 32, 34);
        }
        const sprite = new Sprite(new SpriteMaterial({ map: new CanvasTexture(canvas), transparent: true, depthWrite: false }));
        sprite.position.set(at[0] ?? 0, at[1] ?? 0, at[2] ?? 0);
        sprite.scale.set(0.055, 0.055, 1);
        return sprite;
    }
}

/** One slice as a textured plane with an outline. */
class SpaceSlice {
    group;
    #three;
    #geometry;
    #around;
    #outline;
    #material;
    #canvas = document.createElement('canvas');
    #texture;

    /** @param {Three} three */
    constructor(three) {
        this.#three = three;
        this.#geometry = new three.BufferGeometry();
        this.#geometry.setAttribute('position', new three.BufferAttribute(new Float32Array(12), 3));
        this.#geometry.setAttribute('uv', new three.BufferAttribute(new Float32Array([0, 1, 1, 1, 0, 0, 1, 0]), 2));
        this.#geometry.setIndex([0, 2, 1, 1, 2, 3]);
        this.#around = new three.BufferGeometry();
        this.#around.setAttribute('position', new three.BufferAttribute(new Float32Array(12), 3));
        this.#outline = new three.LineBasicMaterial({ color: ACTIVE });
        this.#texture = this.#newTexture();
        this.#material = new three.MeshBasicMaterial({ side: three.DoubleSide, color: 0x000000 });
        const mesh = new three.Mesh(this.#geometry, this.#material);
        const line = new three.LineLoop(this.#around, this.#outline);
        mesh.frustumCulled = line.frustumCulled = false; // their place changes under them
        this.group = new three.Group();
        this.group.add(mesh, line);
    }

    /** @param {number[][]} corners top left, top right, bottom left, bottom right */
    place(corners) {
        const around = [0, 1, 3, 2];
        set(this.#geometry, corners);
        set(this.#around, around.map((corner) => corners[corner] ?? []));
    }

    /** @param {ImageBitmap} bitmap */
    paint(bitmap) {
        const { width, height } = bitmap;
        if (this.#canvas.width !== width || this.#canvas.height !== height) {
            this.#canvas.width = width;
            this.#canvas.height = height;
            this.#texture.dispose(); // its memory has the old size
            this.#texture = this.#newTexture();
        }
        const context = this.#canvas.getContext('2d');
        context?.clearRect(0, 0, width, height);
        context?.drawImage(bitmap, 0, 0);
        this.#texture.needsUpdate = true;
        if (this.#material.map !== this.#texture) {
            const first = this.#material.map === null;
            this.#material.map = this.#texture;
            this.#material.color.set(0xffffff);
            this.#material.needsUpdate = first;
        }
    }

    /** @param {number} colour */
    outline(colour) {
        this.#outline.color.set(colour);
    }

    dispose() {
        this.#geometry.dispose();
        this.#around.dispose();
        this.#outline.dispose();
        this.#material.dispose();
        this.#texture.dispose();
    }

    #newTexture() {
        const texture = new this.#three.CanvasTexture(this.#canvas);
        texture.minFilter = texture.magFilter = this.#three.LinearFilter;
        texture.generateMipmaps = false;
        return texture;
    }
}

/**
 * @param {import('three').BufferGeometry} geometry
 * @param {number[][]} points
 */
function set(geometry, points) {
    const position = /** @type {import('three').BufferAttribute} */ (geometry.getAttribute('position'));
    points.forEach(([x, y, z], i) => position.setXYZ(i, x ?? 0, y ?? 0, z ?? 0));
    position.needsUpdate = true;
}

/**
 * The letters of the six directions, and where they stand: a little outside the faces of the box.
 * @param {Vector[]} ways
 * @param {Plane | undefined} plane
 * @returns {[string, Vector][]}
 */
function letterPlaces(ways, plane) {
    if (!plane?.letters) {
        return [];
    }
    const { letters, frame } = plane;
    const out = 0.04 * Math.hypot(...ways.map((way) => Math.hypot(...way)));
    const pairs = /** @type {[number, string, string][]} */ ([
        [frame.x_axis, ...(frame.x_flipped ? [letters.right, letters.left] : [letters.left, letters.right])],
        [frame.y_axis, ...(frame.y_flipped ? [letters.bottom, letters.top] : [letters.top, letters.bottom])],
        [frame.index_axis, letters.first, letters.last],
    ]);
    return pairs.flatMap(([axis, first, last]) => {
        const way = ways[axis] ?? [0, 0, 0];
        const factor = 0.5 + out / Math.hypot(...way);
        const at = (/** @type {number} */ by) => /** @type {Vector} */ (way.map((value) => value * by));
        return /** @type {[string, Vector][]} */ ([
            [first, at(-factor)],
            [last, at(factor)],
        ]);
    });
}
