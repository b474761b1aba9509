// Pieces by how many copies of each are known, the rarest first: one array in classes of equal rarity, where a copy more or less moves a
// piece across one border and nothing else moves.

export class Rarity {
  readonly #copies: Uint32Array
  /** Pieces that are listed, class by class. */
  readonly #listed: Uint32Array
  /** Where each piece stands in it; NOWHERE: it is not listed. */
  readonly #place: Int32Array
  #count = 0
  /** Where the class of so many copies begins; where a class is not reached, its begin is the end. */
  readonly #begins: number[] = [0]

  constructor(pieces: number) {
    this.#copies = new Uint32Array(pieces)
    this.#listed = new Uint32Array(pieces)
    this.#place = new Int32Array(pieces).fill(NOWHERE)
  }

  /** Pieces that are listed. */
  get count(): number {
    return this.#count
  }

  /** Those of them that somebody has. */
  get available(): number {
    return this.#count - this.#begin(1)
  }

  get classes(): number {
    return this.#begins.length
  }

  copies(piece: number): number {
    return this.#copies[piece] as number
  }

  isListed(piece: number): boolean {
    return this.#place[piece] !== NOWHERE
  }

  /** First and last + 1 of a class, as places. */
  begin(copies: number): number {
    return this.#begin(copies)
  }

  end(copies: number): number {
    return this.#begin(copies + 1)
  }

  at(place: number): number {
    return this.#listed[place] as number
  }

  list(piece: number): void {
    if (this.isListed(piece)) return
    const copies = this.#copies[piece] as number
    this.#reach(copies)
    // The first of each class above makes room at its end.
    let hole = this.#count++
    for (let above = this.#begins.length - 1; above > copies; above--) {
      const first = this.#begins[above] as number
      if (first !== hole) this.#set(hole, this.#listed[first] as number)
      hole = first
      this.#begins[above] = first + 1
    }
    this.#set(hole, piece)
  }

  unlist(piece: number): void {
    if (!this.isListed(piece)) return
    let hole = this.#place[piece] as number
    for (let copies = this.#copies[piece] as number; copies < this.#begins.length; copies++) {
      const last = this.end(copies) - 1
      if (last !== hole) this.#set(hole, this.#listed[last] as number)
      hole = last
      if (copies + 1 < this.#begins.length) this.#begins[copies + 1] = last
    }
    this.#count--
    this.#place[piece] = NOWHERE
  }

  more(piece: number): void {
    const copies = this.#copies[piece] as number
    this.#copies[piece] = copies + 1
    if (!this.isListed(piece)) return
    this.#reach(copies + 1)
    const last = (this.#begins[copies + 1] as number) - 1
    this.#swap(this.#place[piece] as number, last)
    this.#begins[copies + 1] = last
  }

  fewer(piece: number): void {
    const copies = this.#copies[piece] as number
    if (copies === 0) return
    this.#copies[piece] = copies - 1
    if (!this.isListed(piece)) return
    const first = this.#begins[copies] as number
    this.#swap(this.#place[piece] as number, first)
    this.#begins[copies] = first + 1
  }

  #begin(copies: number): number {
    return this.#begins[copies] ?? this.#count
  }

  #reach(copies: number): void {
    while (this.#begins.length <= copies) this.#begins.push(this.#count)
  }

  #swap(a: number, b: number): void {
    const [pieceA, pieceB] = [this.#listed[a] as number, this.#listed[b] as number]
    this.#set(a, pieceB)
    this.#set(b, pieceA)
  }

  #set(place: number, piece: number): void {
    this.#listed[place] = piece
    this.#place[piece] = place
  }
}

const NOWHERE = -1
