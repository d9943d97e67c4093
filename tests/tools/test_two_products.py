"""Captions, labels and sets of pictures that show two products. `smoke.sh` runs this."""

import random
import unittest

import numpy as np

from captions import Captions
from labels import Item, Subject
from shards import Pictures

FIELDS = ["product", "colour", "second", "pattern", "scene", "sunset"]
BESIDE = ["product beside", "colour beside", "second beside", "pattern beside"]
LEGEND = {
    "fields": FIELDS + BESIDE,
    "products": [{"name": "mug", "words": ["mug", "cup"]}, {"name": "bottle", "words": ["bottle"]}],
    "colours": ["red", "blue", "white"],
    "patterns": [{"name": "plain"}, {"name": "dots"}],
    "scenes": [{"name": "beach", "phrases": ["on a beach", "on sand"]}],
}
ALONE = [0, 0, 1, 0, 0, 0, 255, 255, 255, 255]
BOTH = [0, 0, 1, 0, 0, 1, 1, 1, 2, 1]


class Labels(unittest.TestCase):
    def test_list_the_products(self):
        mug, bottle = Item(0, 0, 1, 0), Item(1, 1, 2, 1)
        self.assertEqual(Subject.from_label(ALONE[:6]), Subject((mug,), 0, False))
        self.assertEqual(Subject.from_label(ALONE), Subject((mug,), 0, False))
        self.assertEqual(Subject.from_label(BOTH), Subject((mug, bottle), 0, True))


class CaptionsOfTwo(unittest.TestCase):
    def test_name_both_with_their_attributes(self):
        wording = Captions(LEGEND).plain(Subject.from_label(BOTH))
        self.assertEqual(wording, "a red mug and a blue bottle with white dots on a beach at sunset")

    def test_vary_in_order_and_wording_but_name_both(self):
        draw = random.Random(1)
        wordings = [Captions(LEGEND).varied(Subject.from_label(BOTH), draw) for _ in range(500)]
        generic = [wording for wording in wordings if wording.startswith("two ")]
        self.assertTrue(0 < len(generic) < 50)
        mug_first = 0
        for wording in set(wordings) - set(generic):
            mug = max(wording.find("mug"), wording.find("cup"))
            self.assertGreaterEqual(mug, 0, wording)
            self.assertIn("bottle", wording)
            self.assertNotRegex(wording, r"\b(left|right)\b")
            mug_first += mug < wording.find("bottle")
        self.assertTrue(0.3 < mug_first / len(set(wordings) - set(generic)) < 0.7)


class Sets(unittest.TestCase):
    def setUp(self):
        whole = np.arange(3, dtype=np.uint8)[:, None, None].repeat(2, 1).repeat(2, 2)
        self.pictures = Pictures(
            LEGEND,
            rgb=whole[..., None].repeat(3, 3),
            mask=whole,
            masks=np.full((1, 2, 2, 2), 9, np.uint8),
            labels=np.array([ALONE, BOTH, ALONE], np.uint8),
        )

    def test_know_the_masks_of_each_product(self):
        found = [self.pictures.product_masks(index)[:, 0, 0].tolist() for index in range(3)]
        self.assertEqual(found, [[0], [9, 9], [2]])

    def test_leave_out_two_products_where_one_is_judged(self):
        left = self.pictures.of_one_product()
        self.assertEqual(left.mask[:, 0, 0].tolist(), [0, 2])
        self.assertEqual(len(left.rgb), len(left.labels))
        self.assertIs(left.of_one_product(), left)


if __name__ == "__main__":
    unittest.main()
