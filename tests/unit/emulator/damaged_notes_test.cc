#include "emulator/protocols/dpsgd_sampler.h"
#include "emulator/protocols/flood.h"
#include "emulator/protocols/secure_exchange.h"
#include "tests/support/doctest.h"
#include "tests/unit/emulator/fake_node_context.h"

#include <algorithm>
#include <array>
#include <stdexcept>
#include <vector>

namespace murmur {
namespace {

test::FakeNodeContext node_with_one_neighbor() {
    return {3, {.self = 0.5, .neighbors = {{.neighbor = 1, .weight = 0.5}}}, 2};
}

NotePtr note_of(std::uint32_t kind, const std::vector<std::uint32_t>& numbers) {
    NoteWriter writer(kind);
    for (const std::uint32_t number : numbers) {
        writer.u32(number);
    }
    return writer.finish();
}

/// Returns the note without its last bytes.
Note shortened(const Note& note, std::size_t bytes) {
    const auto fields = note.fields().first(note.fields().size() - bytes);
    return {note.kind(), {fields.begin(), fields.end()}};
}

TEST_CASE("notes: what was written is read, and has its exact size") {
    const std::array<std::uint8_t, 3> bytes{1, 2, 255};
    const NotePtr note = NoteWriter(7)
                             .u32(0xfedcba98)
                             .u64(1ULL << 63 | 5)
                             .f32(-0.1F)
                             .f64(1e-300)
                             .bytes(bytes)
                             .finish();
    CHECK(note->kind() == 7);
    CHECK(note->size_bytes() == 8 + 4 + 8 + 4 + 8 + 3);
    // The lowest byte first, on every machine.
    CHECK(note->fields()[0] == 0x98);
    NoteReader reader(*note, "a note");
    CHECK(reader.u32() == 0xfedcba98);
    CHECK(reader.u64() == (1ULL << 63 | 5));
    CHECK(reader.f32() == -0.1F);
    CHECK(reader.f64() == 1e-300);
    CHECK(reader.has_more());
    const auto read = reader.bytes(3);
    CHECK(std::equal(read.begin(), read.end(), bytes.begin(), bytes.end()));
    CHECK_FALSE(reader.has_more());
    reader.expect_end();
}

TEST_CASE("notes: one that is too short or too long says what and where") {
    const NotePtr note = NoteWriter(0).u32(1).u32(2).finish();
    NoteReader reader(*note, "own: a question");
    (void)reader.u32();
    CHECK_THROWS_WITH_AS(reader.expect_end(),
                         "own: a question is damaged at byte 4 of 8: 4 are left over",
                         std::invalid_argument);
    CHECK_THROWS_WITH_AS((void)reader.f64(),
                         "own: a question is damaged at byte 4 of 8: 4 more were needed",
                         std::invalid_argument);
    CHECK(reader.u32() == 2);
}

TEST_CASE("secure-dpsgd: a key or a group of another length is refused") {
    const KeyPair pair = make_key_pair(7);
    const NotePtr key = key_note(pair.open);
    CHECK(read_key(*key) == pair.open);
    CHECK_THROWS_WITH_AS(static_cast<void>(read_key(shortened(*key, 4))),
                         "secure-dpsgd: a key is damaged at byte 0 of 28: 4 more were needed",
                         std::invalid_argument);
    const NotePtr group = group_note({.weight = 0.25F, .others = {{5, pair.open}}});
    CHECK(read_group(*group).others.at(5) == pair.open);
    CHECK_THROWS_WITH_AS(
        static_cast<void>(read_group(shortened(*group, 4))),
        "secure-dpsgd: a group of senders is damaged at byte 8 of 36: 4 more were needed",
        std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(read_group(Note(0, {}))), std::invalid_argument);
    CHECK_THROWS_AS(static_cast<void>(read_question(Note(0, {1, 2, 3}))), std::invalid_argument);
}

TEST_CASE("flood: an item that is longer than its note, or of no node, is refused") {
    for (const std::vector<std::uint32_t>& numbers :
         {std::vector<std::uint32_t>{1}, {1, 2, 7}, {1, 0xffffffff, 7}, {10, 0}, {1, 1, 7, 2}}) {
        test::FakeNodeContext node = node_with_one_neighbor();
        Flood flood(
            4, 1, [](NodeId, const Flood::Item&) {}, [] {});
        flood.start(node, {9});
        CHECK_THROWS_AS(flood.receive(node, {.from = 1, .round = 0, .note = note_of(4, numbers)}),
                        std::invalid_argument);
    }
}

TEST_CASE("dpsgd-sampler: an answer with half a neighbor is refused") {
    test::FakeNodeContext node = node_with_one_neighbor();
    DpsgdSampler sampler(node);
    for (const std::vector<std::uint32_t>& numbers : {std::vector<std::uint32_t>{}, {0, 1}}) {
        CHECK_THROWS_AS(
            sampler.on_message({.from = 0, .round = 0, .note = note_of(1, numbers)}),
            std::invalid_argument);
    }
}

}  // namespace
}  // namespace murmur
