// Terminal text becomes lines of styled runs: what myapp/logs does on the server, for text that
// arrives while the page is open. A test holds the two against each other.
"use strict";
(() => {
  const COLUMNS = 4000;
  const LONGEST_ESCAPE = 4096;
  const LEVELS = [0, 95, 135, 175, 215, 255];
  const ON = { 1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "inverse", 9: "strike", 21: "underline" };
  const OFF = { 22: ["bold", "dim"], 23: ["italic"], 24: ["underline"], 27: ["inverse"], 29: ["strike"] };
  const CLASSES = [["bold", "ab"], ["italic", "ai"], ["underline", "au"], ["strike", "as"]];
  const CONTROL = /[\x00-\x08\x0a-\x1f\x7f-\x9f]/g;
  const ESCAPE = /\x1b(?:\[([0-?]*)[ -/]*([@-~])|\][^\x07\x1b]*(?:\x07|\x1b\\)|[PX^_][^\x1b]*\x1b\\|[ -/]+[0-~]|[0-OQ-WYZ\\`-~])/y;
  const BEGINNING = /\x1b(?:\[[0-?]*[ -/]*|\][^\x07\x1b]*\x1b?|[PX^_][^\x1b]*\x1b?|[ -/]*)$/y;
  const PLAIN = Object.freeze({ fg: null, bg: null });

  function nearest(red, green, blue) {
    const step = (part) => LEVELS.reduce((best, level, at) =>
      Math.abs(level - part) < Math.abs(LEVELS[best] - part) ? at : best, 0);
    const [r, g, b] = [step(red), step(green), step(blue)];
    const grey = Math.max(0, Math.min(23, Math.floor((Math.floor((red + green + blue) / 3) - 3) / 10)));
    const away = (x, y, z) => (red - x) ** 2 + (green - y) ** 2 + (blue - z) ** 2;
    const level = 8 + 10 * grey;
    return away(level, level, level) < away(LEVELS[r], LEVELS[g], LEVELS[b])
      ? 232 + grey : 16 + 36 * r + 6 * g + b;
  }

  function palette(codes, at) { // the colour that follows 38 or 48, and where the next code is
    const inner = codes[at - 1].slice(1);
    let numbers;
    if (inner.length) {
      numbers = inner[0] === 5 || inner.length < 5 ? inner : [inner[0], ...inner.slice(2, 5)];
    } else {
      const kind = at < codes.length ? codes[at][0] : -1;
      numbers = codes.slice(at, at + ({ 5: 2, 2: 4 }[kind] || 1)).map((code) => code[0]);
      at += numbers.length;
    }
    if (numbers.some((number) => number > 255)) return [null, at];
    if (numbers[0] === 5 && numbers.length >= 2) return [numbers[1], at];
    if (numbers[0] === 2 && numbers.length >= 4) return [nearest(...numbers.slice(1, 4)), at];
    return [null, at];
  }

  function simple(style, code) {
    if (code === 0) return PLAIN;
    if (ON[code]) return { ...style, [ON[code]]: true };
    if (OFF[code]) return { ...style, ...Object.fromEntries(OFF[code].map((field) => [field, false])) };
    for (const [field, first] of [["fg", 30], ["bg", 40]]) {
      if (code === first + 9) return { ...style, [field]: null };
      if (code >= first && code < first + 8) return { ...style, [field]: code - first };
      if (code >= first + 60 && code < first + 68) return { ...style, [field]: code - first - 52 };
    }
    return style;
  }

  function applySgr(style, parameters) {
    if (/^[<=>?]/.test(parameters)) return style;
    const codes = parameters.split(";").map((item) =>
      item.split(":").map((part) => (part && part.length < 6 ? Number(part) || 0 : 0)));
    for (let at = 0; at < codes.length;) {
      const code = codes[at++][0];
      if (code === 38 || code === 48 || code === 58) {
        const [colour, next] = palette(codes, at);
        at = next;
        if (code !== 58 && colour !== null) style = { ...style, [code === 38 ? "fg" : "bg"]: colour };
      } else if (code === 4 && codes[at - 1][1] === 0) {
        style = { ...style, underline: false };
      } else {
        style = simple(style, code);
      }
    }
    return style;
  }

  function classes(style) {
    const [fg, bg] = style.inverse ? [style.bg, style.fg] : [style.fg, style.bg];
    const names = [];
    if (bg !== null) names.push(`b${bg}`);
    else if (fg !== null) names.push(`f${fg}`);
    else if (style.inverse) names.push("av");
    else if (style.dim) names.push("ad");
    for (const [field, name] of CLASSES) if (style[field]) names.push(name);
    return names.join(" ");
  }

  class Screen { // one line that is being written
    constructor(sgr) {
      this.style = sgr ? applySgr(PLAIN, sgr) : PLAIN;
      this.startLine();
    }

    startLine() {
      this.characters = [];
      this.names = [];
      this.column = 0;
      this.width = 0;
      this.held = "";
    }

    write(text) {
      text = this.held + text;
      this.held = "";
      let at = 0;
      for (;;) {
        CONTROL.lastIndex = at;
        const control = CONTROL.exec(text);
        if (!control) break;
        this.put(text.slice(at, control.index));
        at = control.index + 1;
        if (control[0] === "\r") this.column = 0;
        else if (control[0] === "\b") this.column = Math.max(0, this.column - 1);
        else if (control[0] === "\x1b") {
          ESCAPE.lastIndex = BEGINNING.lastIndex = control.index;
          const escape = ESCAPE.exec(text);
          if (escape) {
            at = control.index + escape[0].length;
            this.obey(escape[1] || "", escape[2]);
          } else if (Array.from(text.slice(at)).length < LONGEST_ESCAPE && BEGINNING.test(text)) {
            this.held = text.slice(control.index);
            return;
          }
        }
      }
      this.put(text.slice(at));
    }

    put(text) {
      if (!text) return;
      const name = classes(this.style);
      for (const character of text) {
        if (this.column < COLUMNS) {
          while (this.characters.length < this.column) {
            this.characters.push(" ");
            this.names.push("");
          }
          this.characters[this.column] = character;
          this.names[this.column] = name;
        }
        this.column += 1;
      }
      this.width = Math.max(this.width, this.column);
    }

    obey(parameters, final) {
      if (final === "m") this.style = applySgr(this.style, parameters);
      else if (final === "K") this.erase(parameters);
      else if (final === "C" || final === "D" || final === "G") {
        const count = /^\d{1,5}$/.test(parameters) ? Number(parameters) : 1;
        const column = { C: this.column + count, D: this.column - count, G: count - 1 }[final];
        this.column = Math.max(0, Math.min(COLUMNS, column));
      }
    }

    erase(parameters) {
      if (parameters === "" || parameters === "0") {
        this.characters.splice(this.column);
        this.names.splice(this.column);
        this.width = Math.min(this.width, this.column);
      } else if (parameters === "1") {
        const upto = Math.min(this.column + 1, this.characters.length);
        this.characters.fill(" ", 0, upto);
        this.names.fill("", 0, upto);
      } else if (parameters === "2") {
        this.characters = [];
        this.names = [];
        this.width = 0;
      }
    }

    show(into) { // the visible line as child nodes of an element; text stays text
      into.replaceChildren();
      for (let at = 0; at < this.characters.length;) {
        let end = at + 1;
        while (end < this.characters.length && this.names[end] === this.names[at]) end += 1;
        const text = this.characters.slice(at, end).join("");
        if (this.names[at]) {
          const run = document.createElement("span");
          run.className = this.names[at];
          run.textContent = text;
          into.append(run);
        } else {
          into.append(text);
        }
        at = end;
      }
      if (this.width > COLUMNS) {
        const cut = document.createElement("i");
        cut.className = "cut";
        cut.textContent = `${this.width - COLUMNS} more characters in the raw log`;
        into.append(cut);
      }
    }
  }

  class Renderer { // list items for text that comes in pieces
    constructor(line = 1, sgr = "") {
      this.line = line;
      this.screen = new Screen(sgr);
      this.row = null; // the list item of the unfinished line
    }

    // The new list items; the unfinished line's item, given out before, is changed in place.
    feed(text) {
      const rows = [];
      const parts = text.split("\n");
      parts.forEach((part, at) => {
        const finished = at < parts.length - 1;
        if (!finished && !part) return;
        this.screen.write(part);
        if (!this.row) {
          this.row = this.makeRow();
          rows.push(this.row);
        }
        this.screen.show(this.row.lastChild);
        if (finished) {
          this.row = null;
          this.line += 1;
          this.screen.startLine();
        }
      });
      return rows;
    }

    makeRow() {
      const row = document.createElement("li");
      row.id = `L${this.line}`;
      const number = document.createElement("a");
      number.href = `#L${this.line}`;
      number.textContent = this.line;
      row.append(number, document.createElement("span"));
      return row;
    }
  }

  window.hobotnica = Object.assign(window.hobotnica || {}, { Renderer });
})();
