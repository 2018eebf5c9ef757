#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace murmur {

/// What a protocol itself says in a message, beside an encoded model or alone: a request, a list of
/// peers, an age.  Its fields are written once, by a `NoteWriter`, and read once by each receiver,
/// with a `NoteReader`.  Immutable; one note may go to many receivers.
class Note {
  public:
    /// On the wire before the fields: kind and round, 4 bytes each.
    static constexpr std::uint64_t kHeaderBytes = 8;

    Note(std::uint32_t kind, std::vector<std::uint8_t> fields)
        : kind_(kind), fields_(std::move(fields)) {}

    /// Returns what the note is about, as the protocol numbers the things it says.
    [[nodiscard]] std::uint32_t kind() const { return kind_; }
    /// Returns the fields as they are on the wire.
    [[nodiscard]] std::span<const std::uint8_t> fields() const { return fields_; }
    [[nodiscard]] std::uint64_t size_bytes() const { return kHeaderBytes + fields_.size(); }

  private:
    std::uint32_t kind_;
    std::vector<std::uint8_t> fields_;
};
using NotePtr = std::shared_ptr<const Note>;

/// Writes the fields of a note, each of its own number of bytes, one after the other.
class NoteWriter {
  public:
    /// @param kind  a number or an enumerator
    template <class Kind>
    explicit NoteWriter(Kind kind) : kind_(static_cast<std::uint32_t>(kind)) {}

    NoteWriter& u32(std::uint32_t value);
    NoteWriter& u64(std::uint64_t value);
    NoteWriter& f32(float value);
    NoteWriter& f64(double value);
    NoteWriter& bytes(std::span<const std::uint8_t> values);

    /// Returns the note; the writer is empty then.
    [[nodiscard]] NotePtr finish();

  private:
    NoteWriter& append(std::uint64_t bits, std::size_t num_bytes);

    std::uint32_t kind_;
    std::vector<std::uint8_t> fields_;
};

/// Returns a note without fields.
template <class Kind>
[[nodiscard]] NotePtr make_note(Kind kind) {
    return NoteWriter(kind).finish();
}

/// Reads the fields of a note in the order in which they were written.
class NoteReader {
  public:
    /// @param what  the note, for messages: "dpsgd-sampler: an answer"
    NoteReader(const Note& note, std::string_view what)
        : what_(what), size_(note.fields().size()), rest_(note.fields()) {}

    // Each of these: @throws std::invalid_argument  where the note ends before the field does
    [[nodiscard]] std::uint32_t u32();
    [[nodiscard]] std::uint64_t u64();
    [[nodiscard]] float f32();
    [[nodiscard]] double f64();
    [[nodiscard]] std::span<const std::uint8_t> bytes(std::size_t count);

    [[nodiscard]] bool has_more() const { return !rest_.empty(); }
    /// @throws std::invalid_argument  where something is left
    void expect_end() const;
    /// @throws std::invalid_argument  that the note is damaged where the reader stands
    [[noreturn]] void refuse(std::string_view why) const;

  private:
    [[nodiscard]] std::uint64_t take(std::size_t num_bytes);

    std::string what_;
    std::size_t size_;
    std::span<const std::uint8_t> rest_;
};

}  // namespace murmur
