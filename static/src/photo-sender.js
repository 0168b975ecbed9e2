// Sends photos one after the other, two at a time: one travels while the server works on the other.

import { say } from "./photo-tile.js";
import { lighter } from "./shrink.js";

const AT_ONCE = 2;
const TRIES = 3;
const PAUSE = 1500;
const PATIENCE = 180_000;

export class Sender {
  constructor({ upload, base, token }) {
    this.url = upload;
    this.base = base;
    this.token = token;
    this.waiting = [];
    this.running = 0;
  }

  // A promise of what the server says of the photo; cancel() stops it.
  send(item, progress) {
    let job;
    const result = new Promise((resolve, reject) => {
      job = { item, progress, resolve, reject, stopped: false };
      this.waiting.push(job);
    });
    result.cancel = () => {
      job.stopped = true;
      job.request?.abort();
      this.waiting = this.waiting.filter((other) => other !== job);
    };
    this.pump();
    return result;
  }

  async pump() {
    while (this.running < AT_ONCE && this.waiting.length) {
      const job = this.waiting.shift();
      this.running += 1;
      this.carry(job).then(job.resolve, job.reject).finally(() => {
        this.running -= 1;
        this.pump();
      });
    }
  }

  async carry(job) {
    job.blob ??= await lighter(job.item.file);
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.upload(job);
      } catch (error) {
        if (!error.lost || job.stopped || attempt === TRIES) throw error;
        await new Promise((done) => setTimeout(done, PAUSE * attempt));
      }
    }
  }

  upload(job) {
    const data = new FormData();
    data.append("photo", job.blob, job.item.name);
    return new Promise((resolve, reject) => {
      const request = new XMLHttpRequest(); // fetch tells nothing of what is under way.
      job.request = request;
      request.open("POST", this.url);
      request.timeout = PATIENCE;
      for (const [name, value] of Object.entries(headers())) request.setRequestHeader(name, value);
      request.upload.onprogress = (event) => event.lengthComputable && job.progress(event.loaded / event.total);
      request.onload = () => (request.status === 200 ? resolve(JSON.parse(request.responseText)) : reject(trouble(request.status, request.responseText)));
      request.onerror = request.ontimeout = () => reject(lost());
      request.onabort = () => reject(new Error(""));
      request.send(data);
    });
  }

  async post(path, fields) {
    let answer;
    try {
      answer = await fetch(this.base + path, { method: "POST", body: new URLSearchParams(fields), headers: headers() });
    } catch {
      throw lost();
    }
    const text = await answer.text();
    if (!answer.ok) throw trouble(answer.status, text);
    return JSON.parse(text);
  }

  release(id) {
    return this.post(`${id}/release?token=${encodeURIComponent(this.token)}`, {});
  }
}

function headers() {
  const token = document.querySelector('meta[name="csrf-token"]')?.content ?? document.querySelector('input[name="csrf_token"]')?.value ?? "";
  return { Accept: "application/json", "X-CSRFToken": token };
}

function lost() {
  return Object.assign(new Error(say("ส่งไม่สำเร็จ เครือข่ายขัดข้อง", "Not sent: the network failed")), { lost: true });
}

function trouble(status, text) {
  let words = "";
  try {
    words = JSON.parse(text).error ?? "";
  } catch {
    words = ""; // A page of the server, or of a proxy before it.
  }
  if (!words && status === 413) words = say("ไฟล์ใหญ่เกินไป", "The file is too large");
  if (!words && [302, 400, 401, 403].includes(status)) words = say("หมดเวลาเข้าใช้งาน กรุณาเข้าสู่ระบบในแท็บใหม่แล้วกดส่งใหม่", "Your session has ended. Sign in in another tab, then send again");
  return Object.assign(new Error(words || say("ส่งไม่สำเร็จ กรุณาส่งใหม่", "Not sent. Please send it again")), { lost: status >= 502 });
}
