// Make a photo lighter before it is sent: at most 2560 px on its longer side, as JPEG. A canvas forgets what the
// camera wrote, so the EXIF block of a JPEG is carried over with its orientation set upright: place and time
// are a hint for the pin; the server reads them and throws the block away.

export const LONGEST_SIDE = 2560;
const QUALITY = 0.88;
const NOT_WORTH_IT = 600 * 1024; // A file this light is sent faster than it is shrunk.
const KINDS = new Set(["image/jpeg", "image/png", "image/webp"]);
const HEAD = 256 * 1024;

// The file itself when there is nothing to gain or the browser cannot open it (HEIC, PDF, no memory).
export async function lighter(file) {
  if (!KINDS.has(file.type) || file.size < NOT_WORTH_IT) return file;
  try {
    const bitmap = await createImageBitmap(file); // Upright: browsers apply the camera's orientation.
    const scale = LONGEST_SIDE / Math.max(bitmap.width, bitmap.height);
    const drawn = scale < 1 ? await draw(bitmap, scale) : null;
    bitmap.close();
    if (!drawn) return file;
    const exif = file.type === "image/jpeg" ? exifOf(await file.slice(0, HEAD).arrayBuffer()) : null;
    const blob = exif ? new Blob([drawn.slice(0, 2), exif, drawn.slice(2)], { type: "image/jpeg" }) : drawn;
    return blob.size < file.size ? blob : file;
  } catch {
    return file;
  }
}

function draw(bitmap, scale) {
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#FFF"; // Under what is transparent.
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.imageSmoothingQuality = "high";
  pen.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => {
    canvas.toBlob((blob) => {
      canvas.width = canvas.height = 0; // Phones give the memory back only so.
      done(blob);
    }, "image/jpeg", QUALITY);
  });
}

// The APP1 segment of a JPEG, with orientation 1; null when there is none or it cannot be read.
export function exifOf(buffer) {
  const view = new DataView(buffer);
  let at = 2;
  while (at + 10 < view.byteLength && view.getUint8(at) === 0xff && view.getUint8(at + 1) !== 0xda) {
    const length = view.getUint16(at + 2);
    const isExif = view.getUint8(at + 1) === 0xe1 && view.getUint32(at + 4) === 0x45786966;
    if (isExif) return at + 2 + length <= view.byteLength ? upright(buffer.slice(at, at + 2 + length)) : null;
    at += 2 + length;
  }
  return null;
}

function upright(segment) {
  const view = new DataView(segment);
  const start = 10; // Marker, length, "Exif", two zeros.
  const little = view.getUint16(start) === 0x4949;
  const table = start + view.getUint32(start + 4, little);
  const count = view.getUint16(table, little);
  for (let index = 0; index < count; index += 1) {
    const entry = table + 2 + index * 12;
    if (view.getUint16(entry, little) === 0x0112) view.setUint16(entry + 8, 1, little);
  }
  return segment;
}
