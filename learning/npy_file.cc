#include "learning/npy_file.h"

#include "learning/own_data.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <optional>
#include <type_traits>

namespace murmur {
namespace {

constexpr std::size_t kMostDimensions = 32;  // as NumPy has it

/// Reads what Python writes of a dictionary of a text, a truth value and a tuple of numbers.
class HeaderText {
  public:
    explicit HeaderText(std::string_view text) : rest_(text) {}

    /// Takes a word of punctuation, with the blanks before it.
    bool take(std::string_view word) {
        const std::size_t begin = rest_.find_first_not_of(" \n\t");
        if (begin == std::string_view::npos || !rest_.substr(begin).starts_with(word)) {
            return false;
        }
        rest_.remove_prefix(begin + word.size());
        return true;
    }
    /// Takes 'text' or "text".
    std::optional<std::string_view> quoted() {
        for (const std::string_view quote : {"'", "\""}) {
            if (take(quote)) {
                const std::size_t end = rest_.find(quote);
                if (end == std::string_view::npos) {
                    return std::nullopt;
                }
                const std::string_view text = rest_.substr(0, end);
                rest_.remove_prefix(end + 1);
                return text;
            }
        }
        return std::nullopt;
    }
    std::optional<bool> truth() {
        if (take("True")) {
            return true;
        }
        return take("False") ? std::optional(false) : std::nullopt;
    }
    std::optional<std::int64_t> number() {
        (void)take("");  // blanks
        std::int64_t value = 0;
        const auto [stop, error] =
            std::from_chars(rest_.data(), rest_.data() + rest_.size(), value);
        if (error != std::errc{}) {
            return std::nullopt;
        }
        rest_.remove_prefix(static_cast<std::size_t>(stop - rest_.data()));
        (void)take("L");  // as Python 2 wrote long ones
        return value;
    }
    /// Takes (), (5,) or (5, 3).
    std::optional<std::vector<std::int64_t>> tuple() {
        std::vector<std::int64_t> numbers;
        if (!take("(")) {
            return std::nullopt;
        }
        while (!take(")")) {
            const std::optional<std::int64_t> value = number();
            if (!value || numbers.size() == kMostDimensions) {
                return std::nullopt;
            }
            numbers.push_back(*value);
            if (!take(",")) {
                return take(")") ? std::optional(numbers) : std::nullopt;
            }
        }
        return numbers;
    }
    [[nodiscard]] bool is_at_end() const {
        return rest_.find_first_not_of(" \n\t") == std::string_view::npos;
    }

  private:
    std::string_view rest_;
};

/// What the header says.
struct HeaderFields {
    std::optional<std::string_view> type;
    std::optional<bool> is_fortran;
    std::optional<std::vector<std::int64_t>> shape;
};

/// Reads the header; nothing where it is none, or its type is no plain one.
std::optional<HeaderFields> parse_header(std::string_view text) {
    HeaderText header(text);
    HeaderFields fields;
    if (!header.take("{")) {
        return std::nullopt;
    }
    while (!header.take("}")) {
        const std::optional<std::string_view> key = header.quoted();
        if (!key || !header.take(":")) {
            return std::nullopt;
        }
        const bool is_read = *key == "descr" ? (fields.type = header.quoted()).has_value()
                             : *key == "fortran_order"
                                 ? (fields.is_fortran = header.truth()).has_value()
                             : *key == "shape" ? (fields.shape = header.tuple()).has_value()
                                               : false;
        if (!is_read || (!header.take(",") && !HeaderText(header).take("}"))) {
            return std::nullopt;
        }
    }
    const bool is_whole = fields.type && fields.is_fortran && fields.shape && header.is_at_end();
    return is_whole ? std::optional(fields) : std::nullopt;
}

constexpr std::string_view kAllowedTypes =
    "bool, int8 ... int64, uint8 ... uint64, float32, float64 in little-endian order";

template <class To, class From>
To converted(const std::uint8_t* bytes) {
    From value;
    std::memcpy(&value, bytes, sizeof value);
    if constexpr (std::is_same_v<From, std::uint64_t> && std::is_integral_v<To>) {
        // Beyond what an int64 can hold it is no class either.
        return static_cast<To>(
            std::min<std::uint64_t>(value, std::numeric_limits<std::int64_t>::max()));
    }
    return static_cast<To>(value);
}

/// Returns what makes a number of the bytes of a value.
template <class To>
To (*conversion(char kind, std::size_t width))(const std::uint8_t*) {
    if (kind == 'f') {
        return width == 4 ? &converted<To, float> : &converted<To, double>;
    }
    const bool is_signed = kind == 'i';
    switch (width) {
        case 1:
            return is_signed ? &converted<To, std::int8_t> : &converted<To, std::uint8_t>;
        case 2:
            return is_signed ? &converted<To, std::int16_t> : &converted<To, std::uint16_t>;
        case 4:
            return is_signed ? &converted<To, std::int32_t> : &converted<To, std::uint32_t>;
        default:
            return is_signed ? &converted<To, std::int64_t> : &converted<To, std::uint64_t>;
    }
}

}  // namespace

NpyFile::NpyFile(std::string_view dataset_name, const std::filesystem::path& path)
    : file_(dataset_name, path) {
    constexpr std::array<std::uint8_t, 6> kMagic{0x93, 'N', 'U', 'M', 'P', 'Y'};
    const std::vector<std::uint8_t> start = file_.read(kMagic.size() + 2, "the magic number");
    if (!std::equal(kMagic.begin(), kMagic.end(), start.begin())) {
        fail("not a file of numpy.save: it does not begin with \\x93NUMPY");
    }
    const unsigned version = start[kMagic.size()];
    if (version < 1 || version > 3) {
        fail(fmt::format("format version {}, allowed 1, 2, 3", version));
    }
    std::size_t length = 0;
    const std::size_t length_bytes = version == 1 ? 2 : 4;
    const std::vector<std::uint8_t> bytes = file_.read(length_bytes, "the length of the header");
    for (std::size_t i = length_bytes; i-- > 0;) {
        length = length << 8 | bytes[i];
    }
    constexpr std::size_t kMostHeader = 1 << 16;
    if (length > kMostHeader) {
        fail(fmt::format("a header of {} bytes, allowed {}", length, kMostHeader));
    }
    const std::vector<std::uint8_t> text = file_.read(length, "the header");
    read_header({reinterpret_cast<const char*>(text.data()), text.size()});
}

void NpyFile::read_header(std::string_view header) {
    const std::optional<HeaderFields> fields = parse_header(header);
    if (!fields) {
        fail(
            fmt::format("a header that cannot be read, got '{}', allowed a plain type ({}), "
                        "fortran_order and shape",
                        shown(header, 100),
                        kAllowedTypes));
    }
    const std::string_view type = *fields->type;
    kind_ = type.size() == 3 ? type[1] : ' ';
    width_ = type.size() == 3 ? static_cast<std::size_t>(type[2] - '0') : 0;
    const bool is_native = !type.empty() && (type[0] == '<' || (type[0] == '|' && width_ == 1));
    const bool is_known = (kind_ == 'b' && width_ == 1) ||
                          (kind_ == 'f' && (width_ == 4 || width_ == 8)) ||
                          ((kind_ == 'i' || kind_ == 'u') &&
                           (width_ == 1 || width_ == 2 || width_ == 4 || width_ == 8));
    if (!is_native || !is_known) {
        fail(fmt::format("values of type {}, allowed {}", shown(type, 40), kAllowedTypes));
    }
    shape_ = *fields->shape;
    constexpr auto kMostValues = static_cast<std::int64_t>(kMaxOwnBytes);
    std::int64_t total = 1;
    for (const std::int64_t size : shape_) {
        if (size < 1 || size > kMostValues / total) {
            fail(fmt::format(
                "shape out of range, got a size of {}, allowed 1 or more, and {} GiB in all",
                size,
                kMaxOwnBytes >> 30));
        }
        total *= size;
    }
    const auto longer = std::ranges::count_if(shape_, [](std::int64_t size) { return size > 1; });
    if (*fields->is_fortran && longer > 1) {
        fail("values in Fortran order, allowed C order: numpy.ascontiguousarray makes it");
    }
}

std::int64_t NpyFile::size() const {
    std::int64_t total = 1;
    for (const std::int64_t size : shape_) {
        total *= size;
    }
    return total;
}

std::vector<std::uint8_t> NpyFile::read_bytes() {
    std::vector<std::uint8_t> bytes = file_.read(static_cast<std::uint64_t>(size()), "values");
    file_.expect_end();
    return bytes;
}

template <class To>
std::vector<To> NpyFile::read_as() {
    constexpr std::int64_t kAtOnce = 1 << 16;
    const auto convert = conversion<To>(kind_, width_);
    if (static_cast<std::uint64_t>(size()) > kMaxOwnBytes / sizeof(To)) {
        fail(fmt::format("too large, got {} values of {} bytes in memory, allowed {} GiB in all",
                         size(),
                         sizeof(To),
                         kMaxOwnBytes >> 30));
    }
    std::vector<To> values;
    for (std::int64_t left = size(); left > 0;) {
        const std::int64_t count = std::min(left, kAtOnce);
        const std::vector<std::uint8_t> bytes =
            file_.read(static_cast<std::uint64_t>(count) * width_, "values");
        for (std::size_t i = 0; i < bytes.size(); i += width_) {
            values.push_back(convert(bytes.data() + i));
        }
        left -= count;
    }
    file_.expect_end();
    return values;
}

std::vector<float> NpyFile::read_floats() {
    std::vector<float> values = read_as<float>();
    const auto strange =
        std::ranges::find_if(values, [](float value) { return !std::isfinite(value); });
    if (strange != values.end()) {
        fail(fmt::format("value {}: got {}, allowed finite float32 numbers",
                         strange - values.begin(),
                         *strange));
    }
    return values;
}

std::vector<std::int64_t> NpyFile::read_integers() {
    return read_as<std::int64_t>();
}

}  // namespace murmur
