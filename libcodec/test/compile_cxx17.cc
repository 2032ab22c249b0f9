/* SPDX-License-Identifier: MIT
 *
 * compile_cxx17.cc: the library from C++17: its header in strict mode, a record written and read back.
 */
#include "strand.h"

#include <array>
#include <cstdio>
#include <string_view>

namespace
{

std::string_view read_string(const uint8_t *bytes, size_t len)
{
    strand_decoder decoder;
    strand_decoder_init(&decoder, sizeof decoder, STRAND_ABI_VERSION);
    strand_decoder_feed(&decoder, bytes, len, true);
    strand_frame frame;
    while (strand_decode_frame(&decoder, &frame) == STRAND_OK) {
        strand_fields fields;
        strand_field field;
        strand_fields_init(&fields, frame.body, STRAND_DIALECT_NATIVE);
        if (frame.kind == STRAND_FRAME_RECORD && strand_decode_field(&fields, &field) == STRAND_OK) {
            return {reinterpret_cast<const char *>(field.data.data), field.data.len};
        }
    }
    return {};
}

} // namespace

int main()
{
    std::array<uint8_t, 128> buf;
    strand_encoder encoder;
    if (strand_encoder_init(&encoder, sizeof encoder, STRAND_ABI_VERSION, buf.data(), buf.size()) != STRAND_OK) {
        return 1;
    }
    constexpr std::string_view message = "from C++17";
    strand_encode_begin(&encoder, 1, 1, -1);
    strand_encode_string(&encoder, message.data(), message.size());
    if (strand_encode_end(&encoder) != STRAND_OK) {
        return 1;
    }
    const std::string_view got = read_string(buf.data(), strand_encoder_len(&encoder));
    std::printf("%.*s\n", static_cast<int>(got.size()), got.data());
    return got == message ? 0 : 1;
}
