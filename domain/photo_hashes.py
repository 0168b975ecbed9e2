"""How alike two photos are, by the picture hash each carries (`photo_hash`: 64 bits as 16 hex letters).

The hash is made in the decoding child (photos_child.picture_hash): a difference hash of 9 x 8 grey points, so
a smaller copy, a re-encode or another brightness leaves it nearly the same, a turned photo does not. Papers
and pictures of one shade have none.
"""

HASH_BITS = 64
HASH_LETTERS = HASH_BITS // 4
# reliability.md §7.9: six bits of 64 or fewer, and it is most likely the same picture.
SAME_PHOTO_BITS = 6


def hash_distance(a: str, b: str) -> int:
    """Count the bits in which two hashes differ: 0 is the same picture, about 32 two strangers.

    Raises ValueError for anything but 16 hex letters each.
    """
    return (_bits(a) ^ _bits(b)).bit_count()


def _bits(photo_hash: str) -> int:
    if len(photo_hash) != HASH_LETTERS or not photo_hash.isalnum():
        raise ValueError("a photo hash is 16 hex letters")
    return int(photo_hash, 16)
