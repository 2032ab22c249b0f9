# SPDX-License-Identifier: MIT
meta:
  id: strand
  title: Strandline stream file
  file-extension: strand
  license: MIT
  ks-version: '0.10'
  endian: le
doc: |
  Strandline 0.9, as far as Kaitai Struct can say it. FORMAT.md is the format; where the two differ, this file is
  wrong. Numbers behind `doc-ref` are clauses of FORMAT.md. The enums are those of registry.tsv, and a test holds them
  to it.

  Three types are roots: `strand` itself is a stream file; `frames` is a bare strand, and what a block of records
  holds; `go_trace` is a trace file of Go 1.5 to 1.21.

  What can't be said here, and is left to who uses it:

  - Times. A record has deltas; the base that they count from is that of the last sync in front of it (5.4.1), in a
    NANO_DERIVED file with nanos that follow from the ticks (8.5). Events count from the event before them (12.3.1).
  - Byte rings (5.6): the bytes from begin to end go round the end of the memory. Unroll them, then read `frames`.
  - Rings of blocks (9.2.4): the slots are here in the order of the file, that of the strand is that of `seq_number`.
  - Checksums (4.4, 8.4, 9.3): there is no CRC in Kaitai's expressions.
  - Live memory (9.4): copy a block as clause 9.4 demands; this reads the copy, as far as `committed`.
  - Resolution: what an id means (6.5), what a const string or an address points at (7.3), which source a record of a
    merged file has (11.4).
  - Sections that begin between the places of blocks, as behind zeros or damage (11.1): nothing here searches.
  - Fragments (11.1.4), the order of several strands (11.2), descriptors in images of memory (9.6), Go's other dialect
    (7.8).
  - Damage (10). A fault ends Kaitai's parse by an exception, where a reader of the format tells of it and goes on.
    For the same reason zeros behind the last frame of a bare strand (5.5) are a fault here. The bodies of extended
    frames and blocks are instances, so that one that can't be read harms nobody who doesn't ask for it.

  Values of 2^53 and more are exact only where the target language has integers of 64 bits.
seq:
  - id: sections
    type: section
    repeat: until
    repeat-until: _io.eof
    doc-ref: FORMAT.md 11.1
types:

  # Integers

  uvarint:
    doc: |
      An unsigned integer below 2^64 in 1 to 10 groups of 7 bits, the lowest first; it may be padded with groups of 0.
    doc-ref: FORMAT.md 4.2
    seq:
      - id: groups
        type: |
          uvarint_group(_index, _index == 0 ? 1 : groups[_index - 1].weight * 128,
          _index == 0 ? 0 : groups[_index - 1].sum)
        repeat: until
        repeat-until: not _.goes_on
    instances:
      value:
        value: groups.last.sum
  uvarint_group:
    params:
      - id: index
        type: u1
      - id: weight
        type: u8
      - id: sum_before
        type: u8
    seq:
      - id: octet
        type: u1
        valid:
          expr: index < 9 or octet <= 1
        doc: Nine groups hold 63 bits. The tenth has room for one more, and is the last.
    instances:
      goes_on:
        value: octet >= 0x80
      sum:
        value: sum_before + weight * (octet & 0x7f)
  varint:
    doc: 0, -1, 1, -2 … are the uvarints 0, 1, 2, 3 …
    doc-ref: FORMAT.md 4.3
    seq:
      - id: folded
        type: uvarint
    instances:
      value:
        value: '(folded.value & 1) == 0 ? half : -1 - half'
      half:
        value: (folded.value >> 1) & 0x7fffffffffffffff
  nothing:
    doc: No bytes.
    seq: []

  # Frames

  frames:
    doc-ref: FORMAT.md 5
    seq:
      - id: frames
        type: frame
        repeat: eos
  frame:
    doc-ref: FORMAT.md 5.1
    seq:
      - id: len
        type: u2
        valid:
          expr: len < 2 or len > 4
        doc: 0 is a sync, 1 an extended frame; of a record it is the size, these two bytes included.
      - id: sync
        type: sync
        if: len == 0
      - id: extended
        type: extended
        if: len == 1
      - id: record
        type: record
        size: len - 2
        if: len > 4
  sync:
    doc: The time base, from here on.
    doc-ref: FORMAT.md 5.3
    seq:
      - id: tick
        type: u8
      - id: nano
        type: u8
        valid:
          expr: nano != 0 or tick != 0
        doc: A sync of zeros states no time.
  record:
    doc-ref: FORMAT.md 5.4
    seq:
      - id: tick_delta
        type: uvarint
      - id: nano_delta
        type: uvarint
      - id: p
        type: varint
        doc: -1 where there is none.
      - id: fields
        type: field
        repeat: eos
  extended:
    doc: An extended frame, behind its size of 1.
    doc-ref: FORMAT.md 6.1
    seq:
      - id: kind_code
        type: u1
      - id: flags
        type: u1
        valid:
          expr: (flags & 1) == 0 or is_known
        doc: Bit 0 is critical. Who doesn't know a kind that is critical understands nothing from here on.
      - id: len_total
        type: u4
        valid:
          min: 8
          max: 1048576
      - id: body
        type: extended_body(kind_code)
        size: len_total - 8
    instances:
      kind:
        value: kind_code
        enum: frame_kind
      is_critical:
        value: (flags & 1) != 0
      is_known:
        value: kind_code >= frame_kind::pad.to_i and kind_code <= frame_kind::end.to_i
  extended_body:
    doc: |
      Whatever the kind says. The content is an instance: a DEF, CLOCK or OWNER that can't be decoded is skipped
      (6.3.2).
    params:
      - id: kind_code
        type: u1
    instances:
      content:
        pos: 0
        type:
          switch-on: kind_code
          cases:
            frame_kind::definition.to_i: definition
            frame_kind::loss.to_i: loss
            frame_kind::clock.to_i: clock_tuple
            frame_kind::large.to_i: record
            frame_kind::owner.to_i: owner
            _: nothing
  definition:
    doc: |
      Fields in the order of the table of clause 6.5; a field that isn't of the type there makes it define nothing.
    doc-ref: FORMAT.md 6.5
    seq:
      - id: kind_code
        type: uvarint
      - id: id
        type: uvarint
        doc: |
          Of KEY, SITE, STACK and MODULE an even one is known to the session, an odd one to its block.
      - id: fields
        type: field
        repeat: eos
    instances:
      kind:
        value: kind_code.value
        enum: def_kind
  loss:
    doc: A diagnostic that readers print here.
    doc-ref: FORMAT.md 6.6
    seq:
      - id: diag_code
        type: uvarint
      - id: status_code
        type: uvarint
      - id: known
        type: uvarint
      - id: offset
        type: uvarint
      - id: records
        type: uvarint
      - id: bytes
        type: uvarint
      - id: rest
        type: loss_rest
        size-eos: true
    instances:
      diag:
        value: diag_code.value
        enum: diag
      status:
        value: status_code.value
        enum: status
      has_records:
        value: (known.value & 1) != 0
      has_bytes:
        value: (known.value & 2) != 0
      has_exact:
        value: (known.value & 4) != 0
      is_exact:
        value: (known.value & 8) != 0
  loss_rest:
    instances:
      first:
        pos: 0
        type: field
        if: not _io.eof
        doc: In a merged file a STRAND, the stream of the loss.
  clock_tuple:
    doc: One moment on three clocks.
    doc-ref: FORMAT.md 8.6
    seq:
      - id: tick
        type: u8
      - id: monotonic_ns
        type: u8
      - id: realtime_ns
        type: u8
      - id: bracket_ns
        type: u8
  owner:
    doc-ref: FORMAT.md 6.9
    seq:
      - id: tid
        type: uvarint
      - id: name
        size-eos: true
        doc: UTF-8.

  # Fields

  field:
    doc-ref: FORMAT.md 7
    seq:
      - id: code
        type: u1
      - id: data
        type:
          switch-on: code
          cases:
            field_type::unknown.to_i: nothing
            field_type::true.to_i: nothing
            field_type::false.to_i: nothing
            field_type::int.to_i: varint
            field_type::uint.to_i: uvarint
            field_type::hex.to_i: uvarint
            field_type::ptr.to_i: uvarint
            field_type::string.to_i: counted_bytes
            field_type::const_string.to_i: const_string
            field_type::overflow.to_i: uvarint
            field_type::pc.to_i: uvarint
            field_type::traceback.to_i: counted_uvarints
            field_type::level.to_i: uvarint
            field_type::key_id.to_i: uvarint
            field_type::site_id.to_i: uvarint
            field_type::stack_id.to_i: uvarint
            field_type::f32.to_i: fixed_f32
            field_type::i32.to_i: fixed_i32
            field_type::u32.to_i: fixed_u32
            field_type::f64.to_i: fixed_f64
            field_type::i64.to_i: fixed_i64
            field_type::u64.to_i: fixed_u64
            field_type::key_inline.to_i: counted_bytes
            field_type::bytes.to_i: counted_bytes
            field_type::memdump.to_i: memdump
            field_type::strand.to_i: uvarint
            field_type::event.to_i: counted_uvarints
            _: unknown_field(code)
    instances:
      type:
        value: code
        enum: field_type
  counted_bytes:
    doc: Bytes, of a string UTF-8 by intention; no reader may reject others.
    seq:
      - id: len
        type: uvarint
      - id: bytes
        size: len.value
  counted_uvarints:
    seq:
      - id: count
        type: uvarint
      - id: values
        type: uvarint
        repeat: expr
        repeat-expr: count.value
  const_string:
    doc: A string in the read-only image of the session's main program.
    seq:
      - id: len
        type: uvarint
      - id: offset
        type: uvarint
  memdump:
    seq:
      - id: len
        type: uvarint
      - id: body
        type: memdump_body
        size: len.value
  memdump_body:
    seq:
      - id: address
        type: u8
      - id: bytes
        size-eos: true
  fixed_f32:
    seq:
      - id: raw
        type: float_f32
        size: 4
  float_f32:
    instances:
      value:
        pos: 0
        type: f4
      bits:
        pos: 0
        type: u4
  fixed_f64:
    seq:
      - id: raw
        type: float_f64
        size: 8
  float_f64:
    instances:
      value:
        pos: 0
        type: f8
      bits:
        pos: 0
        type: u8
  fixed_i32:
    seq:
      - id: value
        type: s4
  fixed_u32:
    seq:
      - id: value
        type: u4
  fixed_i64:
    seq:
      - id: value
        type: s8
  fixed_u64:
    seq:
      - id: value
        type: u8
  unknown_field:
    doc: |
      A type without a meaning here. Its wire class says how long it is. Who meets a critical one, or one that is
      never assigned, can't read the rest of the record.
    doc-ref: FORMAT.md 7.4
    params:
      - id: code
        type: u1
    seq:
      - id: opaque
        size-eos: true
        if: is_opaque
      - id: number
        type: uvarint
        if: not is_opaque and is_ext
      - id: data
        type:
          switch-on: wire_class
          cases:
            1: uvarint
            2: two_uvarints
            3: fixed_bytes(4)
            4: fixed_bytes(8)
            5: counted_bytes
            6: counted_uvarints
            _: nothing
        if: not is_opaque
    instances:
      wire_class:
        value: code & 7
      is_ext:
        value: (code & 0x38) == 0x38
      is_critical:
        value: (code & 0x40) != 0
      is_private:
        value: (code & 0x80) != 0
      is_never_assigned:
        value: code < 0x10 or wire_class == 7
      is_opaque:
        value: is_never_assigned or is_critical
  two_uvarints:
    seq:
      - id: values
        type: uvarint
        repeat: expr
        repeat-expr: 2
  fixed_bytes:
    params:
      - id: len
        type: u1
    seq:
      - id: bytes
        size: len

  # Stream files

  section:
    doc: A stream file, alone or as a part of a longer one.
    doc-ref: FORMAT.md 8
    seq:
      - id: magic
        contents: [0x89, STR, 0x0d, 0x0a, 0x1a, 0x0a]
      - id: len_header
        type: u4
        valid:
          expr: len_header >= 136 and len_header <= 65536 and len_header % 8 == 0
      - id: header
        type: file_header
        size: len_header - 12
      - id: places
        type: place(header.kind_code, header.block_size, header.is_ring)
        repeat: until
        repeat-until: _.is_end or (header.is_ring and _index + 1 == header.block_count)
        doc: In a file that grows the last one, which is empty, is where the file ends or the next section begins.
  file_header:
    doc: What follows len_header.
    doc-ref: FORMAT.md 8.3
    seq:
      - id: major
        type: u2
        valid: 0
      - id: minor
        type: u2
      - id: header_crc32c
        type: u4
        doc: Of the whole header, with this and refused_live taken as zeros.
      - id: reserved_20
        size: 4
      - id: incompat
        type: u8
        valid:
          expr: (incompat >> (incompat_bit::nano_derived.to_i + 1)) == 0
      - id: compat
        type: u8
      - id: session
        size: 16
      - id: boot
        size: 16
      - id: ordinal
        type: u4
      - id: kind_code
        type: u1
        valid:
          expr: kind_code >= strand_kind::records.to_i and kind_code <= strand_kind::definitions.to_i
      - id: p_meaning
        type: u1
        enum: p_meaning
      - id: num_clock_tuples
        type: u2
      - id: pid
        type: u8
      - id: tid
        type: u8
      - id: start_ns
        type: u8
        doc: Realtime, since 1970.
      - id: block_size
        type: u4
        valid:
          any-of: [4096, 8192, 16384, 32768, 65536, 131072, 262144, 524288, 1048576]
      - id: block_count
        type: u4
        valid:
          expr: block_count == 0 or (block_count > 1 and kind_code != strand_kind::definitions.to_i)
        doc: 0 in a file that grows, else the blocks of the ring.
      - id: tick_num
        type: u4
        valid:
          min: 1
      - id: tick_den
        type: u4
        valid:
          min: 1
      - id: refused_live
        type: u8
      - id: len_name
        type: u2
      - id: len_host
        type: u2
      - id: len_writer
        type: u2
      - id: reserved_134
        size: 2
      - id: clock_tuples
        type: clock_tuple
        repeat: expr
        repeat-expr: num_clock_tuples
      - id: name
        size: len_name
        doc: UTF-8, as the next two.
      - id: host
        size: len_host
      - id: writer
        size: len_writer
    instances:
      kind:
        value: kind_code
        enum: strand_kind
      is_ring:
        value: block_count != 0
      is_nano_derived:
        value: ((incompat >> incompat_bit::nano_derived.to_i) & 1) != 0
      is_merged:
        value: ((compat >> compat_bit::merged.to_i) & 1) != 0 and kind_code == strand_kind::records.to_i
      is_amortised_clock:
        value: ((compat >> compat_bit::amortised_clock.to_i) & 1) != 0
      is_fragment:
        value: ((compat >> compat_bit::fragment.to_i) & 1) != 0
  place:
    doc: Room for one block, or what the file has left of it.
    doc-ref: FORMAT.md 9.2
    params:
      - id: kind_code
        type: u1
      - id: block_size
        type: u4
      - id: in_ring
        type: bool
    seq:
      - id: slot
        type: slot(kind_code, block_size)
        size: '_io.size - _io.pos < block_size ? _io.size - _io.pos : block_size'
        if: not is_end
    instances:
      is_end:
        value: num_left == 0 or is_section
      num_left:
        value: _io.size - _io.pos
      is_section:
        value: not in_ring and num_left >= 8 and magic == [0x89, 0x53, 0x54, 0x52, 0x0d, 0x0a, 0x1a, 0x0a]
      magic:
        pos: _io.pos
        size: 8
  slot:
    doc: |
      A block, or zeros that were never written, or a block that its writer was about to open: those have no `block`.
    doc-ref: FORMAT.md 9.2.3
    params:
      - id: kind_code
        type: u1
      - id: block_size
        type: u4
    instances:
      is_whole:
        value: _io.size == block_size
      seq_number:
        pos: 8
        type: u8
        if: _io.size >= 64
      magic:
        pos: 0
        size: 4
        if: _io.size >= 64
      flags:
        pos: 6
        type: u2
        if: _io.size >= 64
      is_being_opened:
        value: _io.size >= 64 and seq_number == 0 and flags == 0 and magic == [0xf5, 0x53, 0x42, 0x4b]
      block:
        pos: 0
        type: block(kind_code, block_size)
        if: _io.size >= 64 and seq_number != 0
  block:
    doc-ref: FORMAT.md 9.1
    params:
      - id: strand_kind_code
        type: u1
      - id: block_size
        type: u4
    seq:
      - id: magic
        contents: [0xf5, SBK]
      - id: num_header_units
        type: u1
        valid:
          min: 8
        doc: Of 8 bytes.
      - id: kind_code
        type: u1
        valid: strand_kind_code
      - id: flags
        type: u2
        valid:
          expr: is_sealed or not has_crc
      - id: seq_number
        type: u8
      - id: len_payload
        type: u4
        valid: block_size - len_header
      - id: committed
        type: u4
        valid:
          max: len_payload
        doc: What is behind so many bytes of payload is stale, and means nothing.
      - id: tick_first
        type: u8
      - id: records_before
        type: u8
      - id: bytes_before
        type: u8
      - id: lost_before
        type: u8
      - id: payload_crc32c
        type: u4
        doc: Of the committed bytes, where the flag CRC is set; elsewhere it means nothing, nor does the next.
      - id: header_crc32c
        type: u4
        doc: Of the 60 bytes in front of it.
      - id: header_rest
        size: len_header - 64
      - id: payload
        size: committed
        type:
          switch-on: kind_code
          cases:
            strand_kind::trace.to_i: batch(2)
            _: frames
    instances:
      len_header:
        value: 8 * num_header_units
      kind:
        value: kind_code
        enum: strand_kind
      is_sealed:
        value: ((flags >> block_flag::sealed.to_i) & 1) != 0
      has_crc:
        value: ((flags >> block_flag::crc.to_i) & 1) != 0

  # Execution traces

  go_trace:
    doc: A trace file of Go 1.5 to 1.21. Those of later ones have another encoding.
    doc-ref: FORMAT.md 12.6
    seq:
      - id: magic
        contents: 'go 1.'
      - id: minor
        type: str
        encoding: ASCII
        terminator: 0x20
        valid:
          any-of: ['"5"', '"6"', '"7"', '"8"', '"9"', '"10"', '"11"', '"12"', '"13"', '"14"', '"15"', '"16"', '"17"', '"18"', '"19"', '"20"', '"21"']
      - id: what
        contents: 'trace'
      - id: zeros
        size: 16 - _io.pos
      - id: batches
        type: 'batch(minor == "5" or minor == "6" ? 2 : 1)'
  batch:
    doc: |
      Events, and extended frames between them, which Go's own files don't have. The payload of a block is one batch;
      in Go's files several follow each other. An event of type `batch` begins each.
    doc-ref: FORMAT.md 12.2
    params:
      - id: num_deltas
        type: u1
    seq:
      - id: entries
        type: batch_entry(num_deltas)
        repeat: eos
  batch_entry:
    params:
      - id: num_deltas
        type: u1
    seq:
      - id: extended_mark
        contents: [1, 0]
        if: first_octet == 1
      - id: extended
        type: extended
        if: first_octet == 1
      - id: event
        type: event(num_deltas)
        if: first_octet != 1
    instances:
      first_octet:
        pos: _io.pos
        type: u1
  event:
    doc: |
      A byte and uvarints: the deltas of sequence and tick (from Go 1.7 on of the tick alone), then arguments. Batch,
      Frequency, Stack and TimerGoroutine (35) have arguments only: of Batch pid, sequence (not from Go 1.7 on) and
      tick; of Frequency ticks per second; of Stack id, count and addresses. Of EXT the first argument is its number.
    doc-ref: FORMAT.md 12.1
    params:
      - id: num_deltas
        type: u1
        doc: 2 in this format and in Go 1.5, from Go 1.7 on 1.
    seq:
      - id: head
        type: u1
        valid:
          expr: type_code != 0 and (has_len or num_deltas == 1 or type_code != trace_event::string.to_i)
      - id: len
        type: uvarint
        if: has_len
      - id: string
        type: trace_string
        if: is_string and not has_len
      - id: sized_string
        type: filled_trace_string
        size: len.value
        if: is_string and has_len
      - id: values
        type: uvarint
        repeat: expr
        repeat-expr: num_values + num_deltas
        if: not is_string and not has_len
      - id: sized
        type: uvarints
        size: len.value
        if: not is_string and has_len
      - id: text
        type: counted_bytes
        if: type_code == 48 and num_deltas == 1
        doc: Of Go's UserLog, outside of its length.
    instances:
      type_code:
        value: head & 0x3f
      num_values:
        value: head >> 6
      has_len:
        value: num_values == 3 and not (is_string and num_deltas == 1)
      is_string:
        value: type_code == trace_event::string.to_i
      type:
        value: type_code
        enum: trace_event
  trace_string:
    seq:
      - id: id
        type: uvarint
      - id: text
        type: counted_bytes
  filled_trace_string:
    seq:
      - id: string
        type: trace_string
      - id: rest
        size-eos: true
        valid:
          expr: rest.length == 0
  uvarints:
    seq:
      - id: values
        type: uvarint
        repeat: eos
enums:
  frame_kind:
    1: pad
    2: {id: definition, -orig-id: def}
    3: loss
    4: clock
    5: large
    6: owner
    7: end
  field_type:
    0x01: unknown
    0x02: 'true'
    0x03: 'false'
    0x04: int
    0x05: uint
    0x06: hex
    0x07: ptr
    0x08: string
    0x09: const_string
    0x0a: overflow
    0x0b: pc
    0x0c: traceback
    0x11: level
    0x13: f32
    0x14: f64
    0x15: key_inline
    0x19: key_id
    0x1b: i32
    0x1c: i64
    0x1d: bytes
    0x21: site_id
    0x23: u32
    0x24: u64
    0x25: memdump
    0x29: stack_id
    0x41: strand
    0x46: event
  def_kind:
    1: key
    2: site
    3: stack
    4: event
    5: module
    6: source
  strand_kind:
    1: records
    2: trace
    3: definitions
  p_meaning:
    0: none
    1: go_p
    2: cpu
    3: own
  incompat_bit:
    0: nano_derived
  compat_bit:
    0: merged
    1: amortised_clock
    2: fragment
  block_flag:
    0: sealed
    1: crc
  trace_event:
    1: batch
    2: frequency
    3: stack
    37: string
    50: begin
    51: end
    52: count
    53: mark
    54: flow_begin
    55: flow_step
    56: flow_end
    63: ext
  diag:
    1: lost
    2: truncated
    3: corrupt
    4: zero_fill
    5: no_base
    6: unsupported
  status:
    0: ok
    1: end
    2: more
    3: full
    4: again
    16: frame_past_end
    17: bad_size
    18: bad_ext_length
    19: zero_fill
    20: zero_sync
    21: no_base
    22: bad_header
    23: critical_frame
    24: bad_ext_body
    32: bad_field_type
    33: field_past_end
    34: varint_long
    35: varint_range
    36: critical_field
    37: padded_varint
    48: bad_magic
    49: unknown_major
    50: unknown_feature
    51: bad_file_header
    52: file_header_crc
    53: file_header_past_end
    56: bad_block_header
    57: block_header_crc
    58: block_payload_crc
    59: block_past_end
    64: overwritten
    65: refused
    66: missing_blocks
    67: damaged
    80: trace_no_batch
    81: trace_past_end
    82: trace_bad_event
    128: bad_argument
    129: bad_version
    130: busy
    131: not_open
