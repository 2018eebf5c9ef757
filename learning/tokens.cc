#include "learning/tokens.h"

#include "learning/data_file.h"
#include "learning/datasets.h"
#include "learning/mapped_file.h"
#include "learning/own_data.h"
#include "learning/text_file.h"

#include <ATen/ops/empty.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>
#include <variant>
#include <vector>

namespace murmur {
namespace {

constexpr std::int64_t kMostTokens = 1 << 16;  // different ones: 16 bits each

using Bytes = std::vector<std::uint8_t>;

[[noreturn]] void fail(const std::filesystem::path& path, std::string_view what) {
    throw std::invalid_argument(fmt::format("dataset tokens: {}: {}", path.string(), what));
}

/// The tokens of a file, each one byte or, the lower first, two.
class TokenText {
  public:
    TokenText(std::variant<Bytes, MappedFile> storage, std::size_t width)
        : storage_(std::move(storage)),
          bytes_(std::holds_alternative<Bytes>(storage_)
                     ? std::span<const std::uint8_t>(std::get<Bytes>(storage_))
                     : std::get<MappedFile>(storage_).bytes()),
          width_(width) {}
    TokenText(const TokenText&) = delete;
    TokenText& operator=(const TokenText&) = delete;

    [[nodiscard]] std::int64_t size() const {
        return static_cast<std::int64_t>(bytes_.size() / width_);
    }
    /// Writes `count` tokens from `begin` on.
    void copy(std::int64_t begin, std::int64_t count, std::int64_t* to) const {
        const std::uint8_t* from = bytes_.data() + static_cast<std::size_t>(begin) * width_;
        if (width_ == 1) {
            std::copy_n(from, count, to);
            return;
        }
        for (std::int64_t i = 0; i < count; ++i) {
            to[i] = at(from + 2 * i);
        }
    }
    [[nodiscard]] std::int64_t largest() const {
        std::int64_t most = 0;
        for (std::size_t i = 0; i + width_ <= bytes_.size(); i += width_) {
            most = std::max(most, width_ == 1 ? bytes_[i] : at(bytes_.data() + i));
        }
        return most;
    }

  private:
    static std::int64_t at(const std::uint8_t* place) { return place[0] | place[1] << 8; }

    std::variant<Bytes, MappedFile> storage_;
    std::span<const std::uint8_t> bytes_;
    std::size_t width_;
};

using TextPointer = std::shared_ptr<const TokenText>;

/// How windows are cut out of a text.
struct Windows {
    std::int64_t vocabulary;
    std::int64_t context;
    std::int64_t stride;

    /// Returns how many windows so many tokens hold; the last of each is a target only.
    [[nodiscard]] std::int64_t count(std::int64_t tokens) const {
        return tokens <= context ? 0 : (tokens - 1 - context) / stride + 1;
    }
};

/// Windows of a part of a text.
class TokenDataset final : public Dataset {
  public:
    TokenDataset(TextPointer text, std::int64_t begin, std::int64_t end, const Windows& windows)
        : text_(std::move(text)),
          begin_(begin),
          size_(windows.count(end - begin)),
          windows_(windows) {}

    std::int64_t size() const override { return size_; }
    const Goal& goal() const override { return next_token(); }
    std::vector<std::int64_t> sample_shape() const override { return {windows_.context}; }
    std::int64_t num_classes() const override { return windows_.vocabulary; }
    std::vector<std::int64_t> input_ranges() const override { return {windows_.vocabulary}; }
    std::span<const std::int64_t> labels() const override { return {}; }
    bool is_in_order() const override { return true; }

    Batch batch(std::span<const std::int64_t> indices) const override {
        const std::vector<std::int64_t> shape{std::ssize(indices), windows_.context};
        Batch result{at::empty(shape, at::kLong), at::empty(shape, at::kLong)};
        std::int64_t* inputs = result.inputs.data_ptr<std::int64_t>();
        std::int64_t* targets = result.targets.data_ptr<std::int64_t>();
        for (const std::int64_t index : indices) {
            assert(index >= 0 && index < size_);
            const std::int64_t begin = begin_ + index * windows_.stride;
            text_->copy(begin, windows_.context, inputs);
            text_->copy(begin + 1, windows_.context, targets);
            inputs += windows_.context;
            targets += windows_.context;
        }
        return result;
    }

  private:
    TextPointer text_;
    std::int64_t begin_;
    std::int64_t size_;
    Windows windows_;
};

/// Reads the next character of a UTF-8 text; nothing where there is none that is right.
std::optional<char32_t> next_character(std::span<const std::uint8_t>& rest) {
    const std::uint8_t first = rest.front();
    // Of a character of 1 ... 4 bytes: the bits of its first byte, and the least that needs so
    // many.
    constexpr std::array<std::pair<std::uint8_t, char32_t>, 4> kForms{
        {{0x7f, 0}, {0x1f, 0x80}, {0x0f, 0x800}, {0x07, 0x10000}}};
    const std::size_t length = first < 0x80           ? 1
                               : (first >> 5) == 0x06 ? 2
                               : (first >> 4) == 0x0e ? 3
                               : (first >> 3) == 0x1e ? 4
                                                      : 0;
    if (length == 0 || length > rest.size()) {
        return std::nullopt;
    }
    const auto [bits, least] = kForms[length - 1];
    char32_t character = first & bits;
    for (const std::uint8_t byte : rest.subspan(1, length - 1)) {
        if (byte >> 6 != 0x02) {
            return std::nullopt;
        }
        character = character << 6 | (byte & 0x3fU);
    }
    const bool is_surrogate = character >= 0xd800 && character <= 0xdfff;
    if (character < least || character > 0x10ffff || is_surrogate) {
        return std::nullopt;
    }
    rest = rest.subspan(length);
    return character;
}

struct Text {
    TextPointer tokens;
    std::int64_t vocabulary;
};

/// Numbers the characters of a text, those that occur in ascending order.
Text read_characters(const std::string& path) {
    const Bytes text = read_text("tokens", path);
    std::span<const std::uint8_t> rest = text;
    constexpr std::array<std::uint8_t, 3> kByteOrderMark{0xef, 0xbb, 0xbf};
    if (std::ranges::equal(rest.first(std::min<std::size_t>(3, rest.size())), kByteOrderMark)) {
        rest = rest.subspan(3);
    }
    const std::span<const std::uint8_t> all = rest;
    std::vector<bool> occurs(0x110000, false);
    while (!rest.empty()) {
        const std::optional<char32_t> character = next_character(rest);
        if (!character) {
            fail(path,
                 fmt::format("offset {}: no UTF-8, got byte {:#04x}, allowed a UTF-8 text, or "
                             "kind=bytes for any file",
                             text.size() - rest.size(),
                             rest.front()));
        }
        occurs[*character] = true;
    }
    std::vector<std::uint32_t> numbers(occurs.size());
    std::uint32_t different = 0;
    for (std::size_t character = 0; character < occurs.size(); ++character) {
        numbers[character] = occurs[character] ? different++ : 0;
    }
    if (different > kMostTokens) {
        fail(path,
             fmt::format(
                 "got {} different characters, allowed {}, or kind=bytes", different, kMostTokens));
    }
    const std::size_t width = different <= 256 ? 1 : 2;
    Bytes tokens;
    tokens.reserve(width * all.size());
    for (rest = all; !rest.empty();) {
        const std::uint32_t number = numbers[*next_character(rest)];
        tokens.push_back(static_cast<std::uint8_t>(number));
        if (width == 2) {
            tokens.push_back(static_cast<std::uint8_t>(number >> 8));
        }
    }
    tokens.shrink_to_fit();
    return {std::make_shared<TokenText>(std::move(tokens), width), different};
}

Text read_bytes(const std::string& path) {
    constexpr std::uint64_t kMostBytes = std::uint64_t{4} << 30;
    return {std::make_shared<TokenText>(DataFile("tokens", path).read_all(kMostBytes, "text"), 1),
            256};
}

/// @param vocabulary  0: what occurs
Text read_uint16(const std::filesystem::path& path, std::int64_t vocabulary) {
    MappedFile file("tokens", path);
    const std::size_t size = file.bytes().size();
    if (size % 2 != 0) {
        fail(path, fmt::format("got {} bytes, allowed an even number: uint16 tokens", size));
    }
    auto tokens = std::make_shared<TokenText>(std::move(file), 2);
    const std::int64_t largest = tokens->largest();
    if (vocabulary > 0 && largest >= vocabulary) {
        fail(path,
             fmt::format("token out of range, got {}, allowed 0 ... {}", largest, vocabulary - 1));
    }
    return {std::move(tokens), vocabulary > 0 ? vocabulary : largest + 1};
}

Text read_file(const TokenOptions& options) {
    const bool is_bin = std::string_view(options.path).ends_with(".bin");
    const TokenKind kind = options.kind != TokenKind::kAuto ? options.kind
                           : is_bin                         ? TokenKind::kUint16
                                                            : TokenKind::kCharacters;
    if (kind != TokenKind::kUint16 && options.vocabulary != 0) {
        fail(options.path, "vocabulary= is for uint16 tokens alone, allowed with kind=uint16");
    }
    switch (kind) {
        case TokenKind::kBytes:
            return read_bytes(options.path);
        case TokenKind::kUint16:
            return read_uint16(options.path, options.vocabulary);
        default:
            return read_characters(options.path);
    }
}

/// A part of a text.
struct Part {
    std::filesystem::path path;
    TextPointer text;
    std::int64_t begin;
    std::int64_t end;
};

DatasetPair make_pair(const Part& train, const Part& test, const Windows& windows) {
    const Windows apart{windows.vocabulary, windows.context, windows.context};
    const auto make = [](const Part& part, const Windows& cut, std::string_view what) {
        if (cut.count(part.end - part.begin) == 0) {
            fail(part.path,
                 fmt::format("too short, got {} {} tokens, allowed {} and more for a sample; make "
                             "context= smaller",
                             part.end - part.begin,
                             what,
                             cut.context + 1));
        }
        return std::make_shared<TokenDataset>(part.text, part.begin, part.end, cut);
    };
    return {make(train, windows, "training"), make(test, apart, "test")};
}

/// Reads train.bin and val.bin of a folder, as nanoGPT leaves them.
DatasetPair load_folder(const TokenOptions& options) {
    const std::filesystem::path folder = options.path;
    if (options.kind != TokenKind::kAuto && options.kind != TokenKind::kUint16) {
        fail(folder,
             "is a folder, which holds train.bin and val.bin of uint16 tokens, allowed "
             "kind=uint16");
    }
    const Text train = read_uint16(folder / "train.bin", options.vocabulary);
    const Text test = read_uint16(folder / "val.bin", options.vocabulary);
    return make_pair({folder / "train.bin", train.tokens, 0, train.tokens->size()},
                     {folder / "val.bin", test.tokens, 0, test.tokens->size()},
                     {std::max(train.vocabulary, test.vocabulary),
                      options.context,
                      options.stride == 0 ? options.context : options.stride});
}

}  // namespace

DatasetPair load_tokens(const TokenOptions& options) {
    std::error_code ignored;
    if (std::filesystem::is_directory(options.path, ignored)) {
        return load_folder(options);
    }
    const Text text = read_file(options);
    const std::int64_t size = text.tokens->size();
    const auto border =
        static_cast<std::int64_t>(static_cast<double>(size) * (1 - options.test_share));
    return make_pair(
        {options.path, text.tokens, 0, border},
        {options.path, text.tokens, border, size},
        {text.vocabulary, options.context, options.stride == 0 ? options.context : options.stride});
}

void register_tokens(DatasetRegistry& registry) {
    const TokenOptions defaults;
    registry.add(
        {"tokens",
         "a text as tokens, the next one at each position; loss a token, perplexity",
         {rest("file", "FILE", "a text, .bin of uint16 tokens, or a folder of train.bin, val.bin"),
          named("context", fmt::format("{}", defaults.context), "tokens of a sample"),
          unset("stride", "N", "tokens between training samples; as many as the context"),
          word("kind",
               {"auto", "characters", "bytes", "uint16"},
               "of tokens; auto: uint16 where the name ends in .bin, else characters"),
          unset("vocabulary", "N", "of uint16 tokens; as large as those that occur need"),
          named("test",
                fmt::format("{}", defaults.test_share),
                "share of a file for testing, its end")}},
        [](const Options& options, std::uint64_t) {
            constexpr std::int64_t kMostContext = 1 << 16;
            TokenOptions tokens{.path = options.text("file")};
            if (std::error_code ignored; std::filesystem::is_directory(tokens.path, ignored)) {
                refuse_test_share(options, tokens.path + "/val.bin");
            }
            tokens.kind = options.choice<TokenKind>("kind",
                                                    {{"auto", TokenKind::kAuto},
                                                     {"characters", TokenKind::kCharacters},
                                                     {"bytes", TokenKind::kBytes},
                                                     {"uint16", TokenKind::kUint16}});
            tokens.context = options.integer("context", {1, kMostContext});
            tokens.stride =
                options.has("stride") ? options.integer("stride", {1, 1'000'000'000}) : 0;
            tokens.vocabulary =
                options.has("vocabulary") ? options.integer("vocabulary", {1, kMostTokens}) : 0;
            tokens.test_share = options.number("test", {1e-6, 1 - 1e-6});
            return load_tokens(tokens);
        });
}

}  // namespace murmur
