"""slices_test.py BIN: the slices of render-slice beside NumPy's own, and how they become levels and colours."""
import unittest

import numpy as np

from slicing import Folder, levels, picture, run

TYPES = ["u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8"]


def ramp(kind, shape=(5, 6, 7)):
    """Values that are all different as far as the type has so many, from -100 (0 if it has no sign) to 109."""
    count = int(np.prod(shape))
    values = np.arange(count) * 210 // count - (0 if kind[-2] == "u" else 100)
    return np.random.default_rng(3).permutation(values).astype(kind).reshape(shape)


class Slices(unittest.TestCase):
    def setUp(self):
        self.folder = Folder()
        self.addCleanup(self.folder.cleanup)

    def slice(self, array, *arguments, index=None, raw=None, finite=True):
        """(header, pixels) of one slice; `finite`: of nothing else is a word said."""
        path = raw or self.folder.save(array)
        which = ["--index", index] if index is not None else ["--index", 1]
        frames, err, status = run(path, *which, *arguments)
        self.assertEqual((len(frames), status), (1, 0))
        self.assertRegex(err, r"\A\Z" if finite else r"\A.*: voxels that are NaN or infinite .*\n\Z")
        return frames[0][0], picture(*frames[0])

    def close(self, got, wanted):
        """The same but where a value falls between two levels: it may be rounded either way."""
        self.assertEqual(got.shape, wanted.shape)
        different = np.abs(got.astype(int) - wanted.astype(int))
        self.assertLessEqual(different.max(), 1)
        self.assertLessEqual(np.count_nonzero(different), got.size // 20)

    def test_every_type_order_and_axis_is_numpys_slice(self):
        for kind in TYPES:
            for order in ("<", ">") if kind[1] != "1" else ("|",):
                for layout in ("C", "F"):
                    array = np.array(ramp(order + kind), order=layout)
                    path = self.folder.save(array)
                    for axis in range(3):
                        with self.subTest(kind=order + kind, layout=layout, axis=axis):
                            frames, err, status = run(path, "--axis", axis, "--all", "--range", "-101:113.7")
                            self.assertEqual((len(frames), err, status), (array.shape[axis], "", 0))
                            for index, one in enumerate(frames):
                                self.assertEqual(one[0]["meta"]["index"], index)
                                self.close(picture(*one), levels(np.take(array, index, axis), -101, 113.7))

    def test_the_default_axis_is_the_last(self):
        array = ramp("<u2")
        _, got = self.slice(array, "--range", "0:255")
        np.testing.assert_array_equal(got, array[:, :, 1])

    def test_slices_larger_than_what_is_gathered_at_once(self):
        array = np.random.default_rng(5).integers(0, 65535, (300, 700, 3), np.uint16)
        for layout in ("C", "F"):
            for axis, index in ((2, 1), (0, 299), (1, 350)):
                with self.subTest(layout=layout, axis=axis):
                    _, got = self.slice(np.array(array, order=layout), "--axis", axis, "--range", "0:65535", "--depth", 16, index=index)
                    np.testing.assert_array_equal(got, np.take(array, index, axis))

    def test_raw_voxels(self):
        array = ramp(">i2")
        data = b"header!" + array.tobytes()
        with open(self.folder.path("raw"), "wb") as file:
            file.write(data)
        _, got = self.slice(None, "--shape", "5,6,7", "--dtype", ">i2", "--offset", 7, "--axis", 0, "--range", "-100:155", raw=self.folder.path("raw"))
        np.testing.assert_array_equal(got, (array[1] + 100).astype(np.uint8))
        _, got = self.slice(None, "--shape", "7,6,10", "--axis", 0, "--range", "0:255", raw=self.folder.path("raw"))
        np.testing.assert_array_equal(got, np.frombuffer(data[60:120], "u1").reshape(6, 10))

    def test_colour_of_eight_bits_stays_as_it_is(self):
        array = np.random.default_rng(7).integers(0, 255, (4, 5, 6, 3), np.uint8)
        for layout in ("C", "F"):
            for axis in range(3):
                header, got = self.slice(np.array(array, order=layout), "--axis", axis)
                np.testing.assert_array_equal(got, np.take(array, 1, axis))
                self.assertIsNone(header["meta"]["window"])
                self.assertIsNone(header["meta"]["level"])
        _, got = self.slice(array, "--range", "100:151")
        self.close(got, levels(array[:, :, 1], 100, 151))
        _, got = self.slice(array, "--invert")
        np.testing.assert_array_equal(got, 255 - array[:, :, 1])
        _, got = self.slice(array, "--depth", 16)
        np.testing.assert_array_equal(got, array[:, :, 1].astype(int) * 257)

    def test_alpha_blends_over_white(self):
        array = np.random.default_rng(8).integers(0, 255, (4, 5, 6, 4), np.uint8)
        _, got = self.slice(array)
        voxels = array[:, :, 1].astype(float)
        alpha = voxels[:, :, 3:] / 255
        wanted = voxels[:, :, :3] * alpha + 255 * (1 - alpha)
        self.assertLessEqual(np.abs(got - wanted).max(), 1)

    def test_colour_of_sixteen_bits_and_floats(self):
        for kind, top in (("u2", 65535), ("f4", 1)):
            array = (np.random.default_rng(9).random((4, 5, 6, 3)) * top).astype(kind)
            _, got = self.slice(array, "--range", f"0:{top}")
            self.close(got, levels(array[:, :, 1], 0, top))
            header, got = self.slice(array)  # one window for the three
            least, greatest = np.percentile(array, [2, 98])
            self.assertAlmostEqual(header["meta"]["window"] / (greatest - least), 1, 5)
            self.close(got, levels(array[:, :, 1], least, greatest))

    def test_the_automatic_range_is_numpys_percentiles(self):
        rng = np.random.default_rng(11)
        for kind in ("u1", "i2", ">u2", "f2", "f4", "f8", "i4", "u8"):
            array = rng.normal(100, 20, (20, 30, 40)).astype(kind)
            least, greatest = np.percentile(array.astype(float), [2, 98])
            for words in ([], ["--range", "auto"]):
                header, _ = self.slice(array, *words)
                self.assertAlmostEqual(header["meta"]["window"], greatest - least, 3, kind)
                self.assertAlmostEqual(header["meta"]["level"], (greatest + least) / 2, 3, kind)
                self.assertEqual(header["meta"]["values"], [float(array.min()), float(array.max())])
            header, got = self.slice(array, "--range", "full")
            self.close(got, levels(array[:, :, 1], float(array.min()), float(array.max())))

    def test_a_large_volume_is_sampled_well(self):
        rng = np.random.default_rng(12)
        for kind in ("u2", "f4"):
            array = (rng.normal(1000, 100, (256, 256, 256)) + np.linspace(0, 2000, 256)).astype(kind)
            least, greatest = np.percentile(array[::3, ::3], [2, 98])
            header, _ = self.slice(array)
            self.assertLess(abs(header["meta"]["window"] / (greatest - least) - 1), 0.02)
            self.assertLess(abs(header["meta"]["level"] / ((greatest + least) / 2) - 1), 0.02)

    def test_window_and_level(self):
        array = ramp("<i2")
        header, got = self.slice(array, "--window", 51, "--level", 10)
        self.close(got, levels(array[:, :, 1], -15.5, 35.5))
        self.assertEqual((header["meta"]["window"], header["meta"]["level"]), (51, 10))
        least, greatest = np.percentile(array, [2, 98])
        header, _ = self.slice(array, "--window", 51)  # the level stays the automatic one
        self.assertAlmostEqual(header["meta"]["level"], (least + greatest) / 2)

    def test_what_is_not_a_number_is_black_and_infinity_is_cut(self):
        for kind in ("f2", "f4", "f8"):
            array = np.ones((3, 4, 5), kind)
            array[0, 0], array[0, 1], array[0, 2] = np.nan, np.inf, -np.inf
            array[1] = 3
            header, got = self.slice(array, "--range", "full", finite=False)
            self.assertEqual(header["meta"]["values"], [1, 3])
            np.testing.assert_array_equal(got[0], [0, 255, 0, 0])
            np.testing.assert_array_equal(got[1], [255] * 4)
        header, got = self.slice(np.full((3, 4, 5), np.nan), finite=False)
        self.assertIsNone(header["meta"]["values"])
        self.assertEqual(got.max(), 0)

    def test_what_is_not_a_number_is_said_in_a_line(self):
        for kind in ("f2", "f4", "f8"):
            for odd in (np.nan, np.inf, -np.inf):
                array = np.ones((3, 4, 5), kind)
                self.assertEqual(run(self.folder.save(array), "--index", "0")[1:], ("", 0))
                array[1, 2, 3] = odd
                path = self.folder.save(array)
                self.assertEqual(run(path, "--index", "0")[1:],
                                 (f"render-slice: {path}: voxels that are NaN or infinite are shown as what lies below the range, or above it\n", 0))

    def test_a_volume_of_one_value(self):
        for value, level in ((0, 0), (7, 255), (-7, 0)):
            header, got = self.slice(np.full((3, 4, 5), value, np.int16))
            self.assertEqual(set(got.ravel()), {level})
            self.assertEqual(header["meta"]["values"], [value, value])
            self.assertEqual(header["meta"]["window"], abs(value) or 1)

    def test_invert_and_depth(self):
        array = ramp("<u2")
        _, plain = self.slice(array, "--range", "0:255")
        _, inverted = self.slice(array, "--range", "0:255", "--invert")
        np.testing.assert_array_equal(inverted, 255 - plain)
        header, deep = self.slice(array, "--range", "0:255", "--depth", 16)
        self.assertEqual(header["format"], "gray16le")
        np.testing.assert_array_equal(deep, plain.astype(int) * 257)
        header, deep = self.slice(array, "--range", "0:255", "--depth", 16, "--colormap", "hot")
        self.assertEqual(header["format"], "rgb48le")
        _, colours = self.slice(array, "--range", "0:255", "--colormap", "hot")
        self.assertLessEqual(np.abs(deep / 257 - colours).max(), 1)

    def test_colormap_of_a_file(self):
        array = np.arange(27, dtype=np.uint8).reshape(3, 3, 3)
        with open(self.folder.path("two.txt"), "w", encoding="utf-8") as file:
            file.write("# from red to blue\n255, 0 0\n\n0 0 255\n")
        header, got = self.slice(array, "--range", "0:255", "--colormap", self.folder.path("two.txt"))
        self.assertEqual((header["format"], header["meta"]["colormap"]), ("rgb24", "two.txt"))
        values = array[:, :, 1].astype(int)
        np.testing.assert_array_equal(got, np.stack([255 - values, 0 * values, values], 2))
        with open(self.folder.path("half.txt"), "w", encoding="utf-8") as file:
            file.write("0 0 0\n1 0.5 0\n")
        _, got = self.slice(np.full((3, 3, 3), 255, np.uint8), "--range", "0:255", "--colormap", self.folder.path("half.txt"))
        np.testing.assert_array_equal(got[0, 0], [255, 128, 0])

    def test_size_keeps_the_proportion(self):
        array = np.zeros((40, 30, 3), np.uint8)
        array[:20] = 200
        for size, wanted in (("20x20", (20, 15)), ("80x60", (60, 45)), ("4096x4096", (4096, 3072)), ("1x1", (1, 1))):
            header, got = self.slice(array, "--size", size, "--range", "0:255")
            self.assertEqual(got.shape, wanted, size)
            self.assertEqual((header["meta"]["voxel_width"], header["meta"]["voxel_height"]), (30, 40))
        _, got = self.slice(array, "--size", "20x20", "--range", "0:255")
        np.testing.assert_array_equal(got[:10], 200)
        np.testing.assert_array_equal(got[10:], 0)
        header, got = self.slice(array, "--size", "20x20", "--range", "0:200", "--colormap", "bone", "--depth", 16)
        np.testing.assert_array_equal(got[0, 0], 65535)

    def test_slices_that_were_gathered_ahead_are_the_same(self):
        """Back and forth along the axis whose voxels lie closest: most slices come from what was brought ahead."""
        array = np.random.default_rng(13).integers(0, 65535, (90, 80, 100), np.uint16)
        path = self.folder.save(array)
        order = [*range(100), *range(99, -1, -7), *range(0, 100, 13)] * 3
        frames, err, status = run(path, "--range", "0:65535", "--depth", 16, stdin="".join(f"{i}\n" for i in order).encode())
        self.assertEqual((len(frames), err, status), (len(order), "", 0))
        for index, one in zip(order, frames):
            np.testing.assert_array_equal(picture(*one), array[:, :, index])


if __name__ == "__main__":
    unittest.main()
