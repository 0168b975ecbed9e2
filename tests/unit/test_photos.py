"""Photos from strangers are made new from their pixels, or refused with a reason."""

import hashlib
import io
import random
import struct
import zlib
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import ExifTags, Image, ImageChops, ImageEnhance, ImageOps, ImageStat

from domain.photo_hashes import SAME_PHOTO_BITS, hash_distance
from photos import MAX_PHOTO_BYTES, ProcessedPhoto, process_file, reencode, turn_photo
from photos_child import process_photo
from photos_child import turn_photo as turn_in_child
from sandbox import MEBIBYTE, Refused, Sandbox, SandboxFailed

RED, BLUE = (200, 30, 30), (30, 30, 200)
# 320 x 240, red left, blue right, as an iPhone writes it: to be turned by 90 degrees, with place and time.
HEIC = Path(__file__).parents[1] / "golden" / "photos" / "phone.heic"


@pytest.fixture(scope="module")
def sandbox():
    with Sandbox(children=1) as pool:
        yield pool


def encoded(image, kind="JPEG", **options):
    target = io.BytesIO()
    image.save(target, kind, **options)
    return target.getvalue()


def half_and_half(size=(400, 300)):
    """Left half red, right half blue."""
    image = Image.new("RGB", size, RED)
    image.paste(BLUE, (size[0] // 2, 0, *size))
    return image


def exif_with(orientation=None, latitude=None, longitude=None, taken=None, offset=None):
    exif = Image.Exif()
    if orientation:
        exif[ExifTags.Base.Orientation] = orientation
    if latitude:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        gps[ExifTags.GPS.GPSLatitudeRef], gps[ExifTags.GPS.GPSLatitude] = latitude
        gps[ExifTags.GPS.GPSLongitudeRef], gps[ExifTags.GPS.GPSLongitude] = longitude
    if taken:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    if offset:
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.OffsetTimeOriginal] = offset
    return exif


def png_header(width, height):
    """A PNG that claims a size and holds next to nothing."""

    def chunk(name, body):
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(b"\0"))
        + chunk(b"IEND", b"")
    )


def refusal_of(data):
    with pytest.raises(Refused) as caught:
        process_photo(data)
    return caught.value


def opened(picture):
    return Image.open(io.BytesIO(picture.jpeg))


def pictures_of(photo):
    return photo.full, photo.small, photo.printed


def scene(seed, size=(800, 600)):
    """A picture of soft shades, as photos have; another seed is another place."""
    chance = random.Random(seed)  # noqa: S311 - the same every time
    tiny = Image.new("RGB", (12, 9))
    tiny.putdata([tuple(chance.randrange(256) for _ in range(3)) for _ in range(12 * 9)])
    return tiny.resize(size, Image.Resampling.BICUBIC)


def hash_of(data):
    return process_photo(data).photo_hash


def close_to(pixel, colour):
    return all(abs(one - other) < 20 for one, other in zip(pixel, colour, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_the_three_kinds_become_jpegs_for_screen_list_and_paper(kind):
    photo = process_photo(encoded(half_and_half((3000, 2000)), kind))

    assert (photo.full.width, photo.full.height) == (2048, 1365) == opened(photo.full).size
    assert (photo.small.width, photo.small.height) == (800, 533) == opened(photo.small).size
    assert (photo.printed.width, photo.printed.height) == (720, 480) == opened(photo.printed).size
    assert {opened(picture).format for picture in pictures_of(photo)} == {"JPEG"}
    assert photo.full.sha256 == hashlib.sha256(photo.full.jpeg).hexdigest()


def test_a_small_photo_is_not_enlarged():
    photo = process_photo(encoded(half_and_half((120, 90))))

    assert (photo.full.width, photo.small.width) == (120, 120)


def test_a_phone_photo_of_12_megapixels_keeps_2000_pixels_and_more(sandbox):
    for size in ((4032, 3024), (4000, 3000), (3024, 4032)):
        photo = reencode(encoded(half_and_half(size)), sandbox)

        assert 2000 <= max(photo.full.width, photo.full.height) <= 2048


def test_a_tall_photo_fits_the_small_frame():
    assert process_photo(encoded(half_and_half((1500, 3000)))).small.height == 600


def test_html_renamed_jpg_is_refused():
    assert refusal_of(b"<html><script>alert(1)</script></html>").code == "photo_not_image"


@pytest.mark.parametrize("kind", ["GIF", "BMP", "TIFF", "PDF"])
def test_other_kinds_of_files_are_refused(kind):
    assert refusal_of(encoded(half_and_half((20, 20)), kind)).code == "photo_not_image"


def test_svg_is_refused():
    svg = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'

    assert refusal_of(svg).code == "photo_not_image"


def test_a_file_that_only_begins_like_a_photo_is_refused():
    assert refusal_of(b"\xff\xd8\xff" + b"MZ" * 500).code == "photo_not_image"
    assert refusal_of(b"RIFF\x10\0\0\0WEBPVP8 ....").code in {"photo_not_image", "photo_truncated"}


def test_zero_bytes_are_refused():
    assert refusal_of(b"").code == "photo_empty"


def test_a_file_too_large_is_refused_by_its_size():
    refusal = refusal_of(bytes(MAX_PHOTO_BYTES + 1))

    assert (refusal.code, refusal.params) == ("photo_too_large", {"megabytes": 15})


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_photo_cut_short_is_refused(kind):
    noise = Image.effect_noise((500, 400), 90).convert("RGB")
    data = encoded(noise, kind)

    assert refusal_of(data[: len(data) // 2]).code == "photo_truncated"


def test_a_header_that_claims_20000_by_20000_is_refused_before_decoding():
    refusal = refusal_of(png_header(20_000, 20_000))

    assert (refusal.code, refusal.params) == ("photo_too_many_pixels", {"megapixels": 50})


def test_a_real_picture_of_100_megapixels_is_refused():
    assert refusal_of(encoded(Image.new("1", (10_000, 10_000)), "PNG")).code == "photo_too_many_pixels"


def test_a_picture_just_over_the_limit_is_refused_and_one_under_it_is_not():
    assert refusal_of(encoded(Image.new("1", (10_000, 5_001)), "PNG")).code == "photo_too_many_pixels"
    assert process_photo(encoded(Image.new("1", (10_000, 5_000)), "PNG")).full.width == 2000


@pytest.mark.parametrize(("kind", "options"), [("WEBP", {"method": 0}), ("JPEG", {"progressive": True})])
def test_kinds_that_decode_in_one_piece_have_a_lower_limit(kind, options):
    refusal = refusal_of(encoded(Image.new("RGB", (5_001, 4_000)), kind, **options))

    assert (refusal.code, refusal.params) == ("photo_too_many_pixels", {"megapixels": 20})


def test_the_largest_phone_photo_fits_in_the_memory_of_a_child(sandbox):
    data = encoded(Image.new("RGBA", (8160, 6120), (10, 200, 10, 128)), "PNG", compress_level=1)

    assert reencode(data, sandbox).full.width == 2040


def test_a_picture_that_needs_more_memory_than_a_child_has_is_refused():
    with Sandbox(memory_bytes=128 * MEBIBYTE, children=1) as small, pytest.raises(Refused) as caught:
        reencode(encoded(Image.new("RGB", (7000, 7000)), "PNG", compress_level=1), small)

    assert caught.value.code == "photo_too_many_pixels"


def test_a_payload_behind_the_picture_is_gone():
    payload = b"PK\x03\x04<script>alert(document.cookie)</script><?php system($_GET[0]); ?>"
    data = encoded(half_and_half(), comment=payload) + payload

    photo = process_photo(data)

    for picture in pictures_of(photo):
        assert b"script" not in picture.jpeg
        assert b"php" not in picture.jpeg
        assert b"PK\x03\x04" not in picture.jpeg


def test_no_tag_of_the_camera_stays():
    exif = exif_with(1, ("N", (16.0, 26.0, 0.0)), ("E", (102.0, 50.0, 0.0)), "2026:11:21 09:41:00")
    exif[ExifTags.Base.Make] = "SecretPhone"
    data = encoded(half_and_half(), exif=exif, icc_profile=b"profile" * 30, dpi=(300, 300), comment=b"note")

    photo = process_photo(data)

    for picture in pictures_of(photo):
        image = opened(picture)
        assert dict(image.getexif()) == {}
        assert not {"exif", "icc_profile", "comment", "xmp"} & image.info.keys()
        assert b"Exif" not in picture.jpeg
        assert b"SecretPhone" not in picture.jpeg


@pytest.mark.parametrize(
    ("orientation", "size", "first_corner"),
    [(1, (400, 300), RED), (3, (400, 300), BLUE), (6, (300, 400), RED), (8, (300, 400), BLUE)],
)
def test_a_photo_taken_on_its_side_stands_upright(orientation, size, first_corner):
    data = encoded(half_and_half(), exif=exif_with(orientation))

    photo = process_photo(data)

    assert (photo.full.width, photo.full.height) == size
    assert close_to(opened(photo.full).getpixel((5, 5)), first_corner)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_and_mirrored_photos_stand_as_pillow_would_stand_them(orientation):
    data = encoded(scene(7, (160, 120)), exif=exif_with(orientation), quality=95)

    full = opened(process_photo(data).full)
    wanted = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))

    assert full.size == wanted.size
    assert ImageStat.Stat(ImageChops.difference(full, wanted)).mean == pytest.approx([0, 0, 0], abs=6)


@pytest.mark.parametrize("orientation", [0, 9, 6000])
def test_an_orientation_that_is_none_changes_nothing(orientation):
    assert process_photo(encoded(half_and_half(), exif=exif_with(orientation))).full.width == 400


def test_position_and_time_are_read_before_they_are_removed():
    exif = exif_with(None, ("N", (16.0, 25.0, 55.2)), ("E", (102.0, 49.0, 30.0)), "2026:11:21 09:41:05")

    photo = process_photo(encoded(half_and_half(), exif=exif))

    assert photo.position == (16.432, 102.825)
    assert photo.taken_at == datetime(2026, 11, 21, 2, 41, 5, tzinfo=UTC)


def test_a_camera_that_names_its_time_zone_is_believed():
    exif = exif_with(taken="2026:11:21 09:41:05", offset="+09:00")

    taken_at = process_photo(encoded(half_and_half(), exif=exif)).taken_at

    assert taken_at == datetime(2026, 11, 21, 0, 41, 5, tzinfo=UTC)


def test_south_and_west_are_negative():
    exif = exif_with(None, ("S", (33.0, 30.0, 0.0)), ("W", (70.0, 0.0, 0.0)))

    assert process_photo(encoded(half_and_half(), exif=exif)).position == (-33.5, -70.0)


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (("N", (0.0, 0.0, 0.0)), ("E", (0.0, 0.0, 0.0))),
        (("N", (123.0, 0.0, 0.0)), ("E", (102.0, 0.0, 0.0))),
    ],
)
def test_an_impossible_position_counts_as_none(latitude, longitude):
    exif = exif_with(None, latitude, longitude)

    assert process_photo(encoded(half_and_half(), exif=exif)).position is None


@pytest.mark.parametrize("taken", ["0000:00:00 00:00:00", "yesterday", "2026-11-21"])
def test_an_impossible_time_counts_as_none(taken):
    assert process_photo(encoded(half_and_half(), exif=exif_with(taken=taken))).taken_at is None


def test_a_photo_without_tags_has_neither_position_nor_time():
    photo = process_photo(encoded(half_and_half()))

    assert (photo.position, photo.taken_at) == (None, None)


def test_transparent_parts_become_white():
    image = Image.new("RGBA", (60, 60), (0, 0, 0, 0))

    assert close_to(opened(process_photo(encoded(image, "PNG")).full).getpixel((30, 30)), (255, 255, 255))


def test_16_bit_grey_keeps_its_shades():
    image = Image.new("I;16", (60, 60), 32768)

    assert close_to(opened(process_photo(encoded(image, "PNG")).full).getpixel((30, 30)), (128, 128, 128))


@pytest.mark.parametrize("mode", ["L", "P", "LA", "1", "CMYK"])
def test_every_mode_becomes_rgb(mode):
    image = half_and_half((60, 60)).convert(mode)

    photo = process_photo(encoded(image, "JPEG" if mode == "CMYK" else "PNG"))

    assert opened(photo.full).mode == "RGB"


def test_a_long_narrow_picture_keeps_at_least_one_pixel():
    photo = process_photo(encoded(Image.new("RGB", (20_000, 2)), "PNG"))

    assert (photo.full.width, photo.full.height) == (2000, 1)


def test_the_server_gets_the_photo_from_a_child(sandbox):
    data = encoded(half_and_half(), exif=exif_with(6))

    assert reencode(data, sandbox) == process_photo(data)
    assert isinstance(reencode(data, sandbox), ProcessedPhoto)


def test_the_server_gets_the_refusal_from_a_child(sandbox):
    with pytest.raises(Refused) as caught:
        reencode(b"<html></html>", sandbox)

    assert caught.value.code == "photo_not_image"


# HEIC -------------------------------------------------------------------------------------------------------


def test_a_photo_of_an_iphone_becomes_an_upright_jpeg_without_tags(sandbox):
    photo = process_file(HEIC.read_bytes(), sandbox)

    assert (photo.full.width, photo.full.height) == (240, 320)
    assert close_to(opened(photo.full).getpixel((120, 40)), RED)
    assert close_to(opened(photo.full).getpixel((120, 280)), BLUE)
    assert photo.position == (16.432, 102.825)
    assert photo.taken_at == datetime(2026, 11, 21, 2, 41, 5, tzinfo=UTC)
    for picture in pictures_of(photo):
        assert b"SecretPhone" not in picture.jpeg
        assert dict(opened(picture).getexif()) == {}


def test_a_heic_cut_short_is_refused():
    data = HEIC.read_bytes()

    assert refusal_of(data[: len(data) - 60]).code in {"photo_truncated", "photo_not_image"}
    assert refusal_of(data[:40]).code in {"photo_truncated", "photo_not_image"}


def test_spoilt_heics_never_do_worse_than_break_their_child(sandbox):
    data, chance = HEIC.read_bytes(), random.Random(5)  # noqa: S311 - the same every time
    for _ in range(60):
        spoilt = bytearray(data)
        for _ in range(chance.randrange(1, 8)):
            spoilt[chance.randrange(12, len(spoilt))] = chance.randrange(256)
        try:
            process_file(bytes(spoilt), sandbox)
        except (Refused, SandboxFailed):
            continue

    assert isinstance(process_file(data, sandbox), ProcessedPhoto)


def test_what_only_calls_itself_heic_is_refused():
    assert refusal_of(b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(200)).code in {
        "photo_not_image",
        "photo_truncated",
    }
    assert refusal_of(b"\0\0\0\x18ftypavif\0\0\0\0mif1avif" + bytes(200)).code == "photo_not_image"


# Moving pictures, turning -----------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["WEBP", "PNG"])
def test_of_a_moving_picture_the_first_frame_is_kept(kind):
    frames = [Image.new("RGB", (60, 60), colour) for colour in (RED, BLUE, RED)]
    data = encoded(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)

    assert close_to(opened(process_photo(data).full).getpixel((30, 30)), RED)


@pytest.mark.parametrize(("way", "first_corner"), [("right", RED), ("left", BLUE)])
def test_a_stored_photo_is_turned_as_one_sees_it(sandbox, way, first_corner):
    stored = process_photo(encoded(half_and_half())).full.jpeg

    photo = turn_photo(stored, way, sandbox)

    assert (photo.full.width, photo.full.height) == (300, 400)
    assert close_to(opened(photo.full).getpixel((150, 10)), first_corner)
    assert (photo.small.width, photo.printed.width) == (300, 300)
    assert photo == turn_in_child(stored, way)


# What it shows ----------------------------------------------------------------------------------------------


def test_the_same_picture_sent_smaller_or_packed_harder_has_a_near_hash():
    original = hash_of(encoded(scene(1, (1600, 1200)), quality=95))

    for other in (
        encoded(scene(1, (1600, 1200)).resize((500, 375)), quality=40),
        encoded(scene(1, (1600, 1200)), "PNG"),
        encoded(ImageEnhance.Brightness(scene(1, (1600, 1200))).enhance(0.8)),
    ):
        assert hash_distance(original, hash_of(other)) <= SAME_PHOTO_BITS


def test_another_picture_has_a_far_hash():
    hashes = [hash_of(encoded(scene(seed))) for seed in range(12)]

    distances = [hash_distance(a, b) for place, a in enumerate(hashes) for b in hashes[:place]]

    assert min(distances) > SAME_PHOTO_BITS


def test_a_picture_of_one_shade_has_no_hash():
    assert hash_of(encoded(Image.new("RGB", (300, 200), "navy"))) is None
    assert len(hash_of(encoded(scene(3)))) == 16


def test_hashes_are_compared_bit_by_bit():
    assert hash_distance("0" * 16, "0" * 16) == 0
    assert hash_distance("0" * 16, "f" * 16) == 64
    assert hash_distance("8" + "0" * 15, "0" * 16) == 1


@pytest.mark.parametrize("bad", ["", "0" * 15, "0" * 17, "z" * 16, "-" + "0" * 15])
def test_what_is_no_hash_cannot_be_compared(bad):
    with pytest.raises(ValueError, match=r"."):
        hash_distance(bad, "0" * 16)
