/* SPDX-License-Identifier: MIT
 *
 * image.c: magic → descriptor → rings → offsets. Spec: 9.6.
 *
 *     core   │ headers │ segment │ … descriptor … │ segment │ … ring … stream file … │
 *                                     self, first ───────────► address, len ─► [start, end)
 *
 * Everything in an image may be a lie: an address becomes an offset only by a segment that holds all that is to be
 * read there, no more rings are followed than the spec's limit, and of strands that overlap one is read, so that what
 * is read is never more than the image.
 */
#include "image.h"

#include "report.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define IMAGE_CHUNK ((size_t)1 << 20)
#define IMAGE_MAGIC_LEN sizeof((struct strand_descriptor){0}.magic)
#define IMAGE_ORDINAL_OFF 72u /* of the ordinal in a file header; spec 8.3 */

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
#define IMAGE_ELF_ORDER ELFDATA2MSB
#else
#define IMAGE_ELF_ORDER ELFDATA2LSB
#endif

static bool image_read(const struct image *image, uint64_t off, void *to, size_t len)
{
    return off <= image->source->size && len <= image->source->size - off &&
           source_read(image->source, off, to, len) == len;
}

// Room for one more than count. It doubles when it is full, which is whenever count is a power of two.
static void *image_grow(void *array, size_t count, size_t size)
{
    return count > 0 && (count & (count - 1)) != 0 ? array : report_resize(array, 2 * count + (count == 0), size);
}

// Says what is skipped, in full for the first.
static void image_skip(struct image *image, uint64_t address, const char *what)
{
    if (image->skipped < REPORT_DIAGS_MAX) {
        report(image->source->path, "address 0x%" PRIx64 ": %s (FORMAT 9.6)", address, what);
    }
    image->skipped++;
}

// ---------------------------------------------------------------------------------------------------------------
// Segments

bool image_is_core(struct source *source)
{
    Elf64_Ehdr header;
    return source->size >= EI_NIDENT + sizeof header.e_type &&
           source_read(source, 0, (uint8_t *)&header, sizeof header) >= EI_NIDENT + sizeof header.e_type &&
           memcmp(header.e_ident, ELFMAG, SELFMAG) == 0 &&
           (header.e_type == ET_CORE || header.e_type == (uint16_t)(ET_CORE << 8));
}

// Puts one more behind the others; joins it to the last where it follows in memory as in the file.
static void image_add_segment(struct image *image, struct image_segment segment)
{
    struct image_segment *last = image->segment_count > 0 ? &image->segments[image->segment_count - 1] : NULL;
    if (last != NULL && segment.address - last->address == last->len && segment.off - last->off == last->len) {
        last->len += segment.len;
        return;
    }
    image->segments = image_grow(image->segments, image->segment_count, sizeof *image->segments);
    image->segments[image->segment_count++] = segment;
}

static int image_by_address(const void *a, const void *b)
{
    const struct image_segment *left = a, *right = b;
    return (left->address > right->address) - (left->address < right->address);
}

// What the file holds of a segment: a core that was cut short has less than its headers say.
static void image_load_segment(struct image *image, const Elf64_Phdr *header)
{
    uint64_t size = image->source->size;
    if (header->p_type != PT_LOAD || header->p_offset >= size || header->p_filesz == 0) {
        return;
    }
    uint64_t len = header->p_filesz < size - header->p_offset ? header->p_filesz : size - header->p_offset;
    if (len - 1 <= UINT64_MAX - header->p_vaddr) {
        image_add_segment(image, (struct image_segment){header->p_vaddr, len, header->p_offset});
    }
}

// Where there are very many segments their count stands in the first section header.
static uint64_t image_segments_listed(const struct image *image, const Elf64_Ehdr *header)
{
    Elf64_Shdr first;
    if (header->e_phnum != PN_XNUM) {
        return header->e_phnum;
    }
    return image_read(image, header->e_shoff, &first, sizeof first) ? first.sh_info : 0;
}

static bool image_load_segments(struct image *image)
{
    Elf64_Ehdr header;
    Elf64_Phdr segment;
    if (!image_read(image, 0, &header, sizeof header) || header.e_ident[EI_CLASS] != ELFCLASS64 ||
        header.e_ident[EI_DATA] != IMAGE_ELF_ORDER || header.e_phentsize != sizeof segment) {
        report(image->source->path, "not read: a core dump of another kind of machine, or less than its header; "
                                    "cores of 64 bits and this machine's byte order are");
        return false;
    }
    uint64_t count = image_segments_listed(image, &header);
    for (uint64_t i = 0; i < count; i++) {
        if (header.e_phoff > image->source->size ||
            !image_read(image, header.e_phoff + i * sizeof segment, &segment, sizeof segment)) {
            break;
        }
        image_load_segment(image, &segment);
    }
    if (image->segment_count > 0) {
        qsort(image->segments, image->segment_count, sizeof *image->segments, image_by_address);
    }
    return true;
}

// The offset of [address, address + len). Returns: false where the image doesn't hold all of it in one piece.
static bool image_find(const struct image *image, uint64_t address, uint64_t len, uint64_t *ret_off)
{
    size_t low = 0, high = image->segment_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (image->segments[middle].address <= address) {
            low = middle;
        } else {
            high = middle;
        }
    }
    // The difference is modulo 2^64: in a raw image addresses may count from anywhere.
    if (low == high || address - image->segments[low].address >= image->segments[low].len ||
        len > image->segments[low].len - (address - image->segments[low].address)) {
        return false;
    }
    *ret_off = image->segments[low].off + (address - image->segments[low].address);
    return true;
}

// ---------------------------------------------------------------------------------------------------------------
// Descriptors and their rings

static void image_add_strand(struct image *image, uint64_t own, const struct strand_descriptor_ring *ring)
{
    uint64_t off;
    uint8_t ordinal[4] = {0};
    if (!image_find(image, ring->address, ring->len, &off)) {
        image_skip(image, ring->address, "skipped: a strand that is not, or not wholly, in the image");
        return;
    }
    if (ring->len >= STRAND_FILE_FIXED_LEN) {
        image_read(image, off + IMAGE_ORDINAL_OFF, ordinal, sizeof ordinal);
    }
    image->strands = image_grow(image->strands, image->strand_count, sizeof *image->strands);
    image->strands[image->strand_count++] = (struct image_strand){
        .start = off,
        .end = off + ring->len,
        .ring = own,
        .descriptor = image->descriptor_count,
        .place = image->ring_count,
        .ordinal = (uint32_t)ordinal[0] | (uint32_t)ordinal[1] << 8 | (uint32_t)ordinal[2] << 16 |
                   (uint32_t)ordinal[3] << 24,
    };
}

// Follows a list. A loop leads past the same ring again, which after every 2^n steps is the one that was left last.
static void image_follow(struct image *image, uint64_t first)
{
    struct strand_descriptor_ring ring;
    uint8_t bytes[STRAND_DESCRIPTOR_RING_LEN];
    uint64_t own = first, left = first, off;
    for (size_t steps = 0, turn = 1; own != 0; own = ring.next) {
        if (steps > 0 && own == left) {
            image_skip(image, own, "the list of rings leads back here: it was damaged");
            return;
        }
        if (steps++ == turn) {
            left = own;
            turn *= 2;
        }
        if (image->ring_count == STRAND_DESCRIPTOR_RINGS_MAX) {
            image_skip(image, own, "the image lists more rings than are read; the rest is skipped");
            return;
        }
        if (!image_find(image, own, sizeof bytes, &off) || !image_read(image, off, bytes, sizeof bytes) ||
            !strand_descriptor_decode_ring(bytes, own, &ring)) {
            image_skip(image, own, "the list of rings ends here, where none is");
            return;
        }
        image->ring_count++;
        image_add_strand(image, own, &ring);
    }
}

static void image_take_descriptor(struct image *image, uint64_t off)
{
    struct strand_descriptor descriptor;
    uint8_t bytes[STRAND_DESCRIPTOR_LEN];
    uint64_t found;
    if (!image_read(image, off, bytes, sizeof bytes)) {
        return;
    }
    if (strand_descriptor_decode(bytes, &descriptor) != STRAND_OK) {
        report(image->source->path,
               "offset %" PRIu64 ": a descriptor of another version or byte order, skipped "
               "(FORMAT 9.6); read it with a newer version",
               off);
        image->skipped++;
        return;
    }
    if (!image->core) {
        image->segments[0].address = descriptor.self - off;
    }
    if (descriptor.self % 8 != 0 || !image_find(image, descriptor.self, sizeof bytes, &found) || found != off) {
        report(image->source->path,
               "note: offset %" PRIu64 ": a descriptor that does not stand where it says, skipped "
               "(FORMAT 9.6)",
               off);
        return;
    }
    image->descriptor_count++;
    image_follow(image, descriptor.first);
}

static void image_scan_chunk(struct image *image, uint64_t off, const uint8_t *chunk, size_t len)
{
    static const uint8_t no_session[16];
    struct strand_descriptor pattern;
    strand_descriptor_init(&pattern, no_session, 0);
    const uint8_t *at = chunk, *hit;
    while ((hit = memmem(at, len - (size_t)(at - chunk), pattern.magic, sizeof pattern.magic)) != NULL) {
        image_take_descriptor(image, off + (size_t)(hit - chunk));
        at = hit + 1;
    }
}

static void image_scan(struct image *image)
{
    uint8_t *chunk = report_resize(NULL, IMAGE_CHUNK, 1);
    size_t got = IMAGE_CHUNK;
    for (uint64_t off = 0; got == IMAGE_CHUNK; off += got - (IMAGE_MAGIC_LEN - 1)) {
        got = source_read(image->source, off, chunk, IMAGE_CHUNK);
        image_scan_chunk(image, off, chunk, got);
    }
    free(chunk);
}

// ---------------------------------------------------------------------------------------------------------------
// What is read of them

static int image_by_offset(const void *a, const void *b)
{
    const struct image_strand *left = a, *right = b;
    if (left->start != right->start) {
        return left->start < right->start ? -1 : 1;
    }
    return (left->place > right->place) - (left->place < right->place);
}

static int image_by_ordinal(const void *a, const void *b)
{
    const struct image_strand *left = a, *right = b;
    if (left->descriptor != right->descriptor) {
        return left->descriptor < right->descriptor ? -1 : 1;
    }
    if (left->ordinal != right->ordinal) {
        return left->ordinal < right->ordinal ? -1 : 1;
    }
    return (left->place > right->place) - (left->place < right->place);
}

// A ring that a loop led past twice is the same, and needs no word.
static void image_drop_overlaps(struct image *image)
{
    size_t kept = 0;
    for (size_t i = 0; i < image->strand_count; i++) {
        struct image_strand *strand = &image->strands[i], *last = kept > 0 ? &image->strands[kept - 1] : NULL;
        if (last == NULL || strand->start >= last->end) {
            image->strands[kept++] = *strand;
        } else if (strand->ring != last->ring) {
            image_skip(image, strand->ring, "skipped: the strand of this ring overlaps another one");
        }
    }
    image->strand_count = kept;
}

static void image_tell(const struct image *image)
{
    if (image->descriptor_count == 0) {
        report(image->source->path, "no descriptor is in this image: nothing says where strands are (FORMAT 9.6)%s",
               image->core ? ""
                           : "; a core dump, or a dump of whole memory, has the one of a program that wrote one");
    } else if (image->strand_count == 0) {
        report(image->source->path, "the descriptor in this image lists no strand that can be read (FORMAT 9.6)");
    }
    if (image->skipped > REPORT_DIAGS_MAX) {
        report(image->source->path, "%zu more of its rings are skipped", image->skipped - REPORT_DIAGS_MAX);
    }
}

void image_open(struct image *image, struct source *source)
{
    *image = (struct image){.source = source, .core = image_is_core(source)};
    if (!image->core) {
        image_add_segment(image, (struct image_segment){0, source->size, 0});
    } else if (!image_load_segments(image)) {
        image->skipped++;
        return;
    }
    image_scan(image);
    if (image->strand_count > 0) {
        qsort(image->strands, image->strand_count, sizeof *image->strands, image_by_offset);
        image_drop_overlaps(image);
        qsort(image->strands, image->strand_count, sizeof *image->strands, image_by_ordinal);
    }
    image_tell(image);
}

void image_close(struct image *image)
{
    free(image->segments);
    free(image->strands);
}
