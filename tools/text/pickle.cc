#include "tools/text/pickle.h"

#include "tools/text/number.h"
#include "tools/text/words.h"

#include <fmt/format.h>

#include <bit>
#include <cstdint>
#include <map>
#include <set>
#include <stdexcept>

namespace murmur {

namespace {

using Value = Pickle::Value;

}  // namespace

const Value* Pickle::Value::find(std::string_view key) const {
    for (const auto& [name, value] : entries) {
        if (name->kind == Kind::kText && name->text == key) {
            return value;
        }
    }
    return nullptr;
}

/// The machine that a pickle is a program of: a stack of values, marks in it, and a memory.
class Pickle::Reader {
  public:
    Reader(std::string_view bytes, std::string_view what, std::deque<Value>& values)
        : bytes_(bytes), what_(what), values_(values) {}

    const Value* read() {
        while (true) {
            at_ = place_;
            const auto opcode = static_cast<unsigned char>(take(1)[0]);
            if (opcode == '.') {
                return pop();
            }
            step(opcode);
        }
    }

  private:
    [[noreturn]] void fail(std::string_view why) const {
        throw std::invalid_argument(fmt::format("{}: byte {}: {}", what_, at_, why));
    }

    std::string_view take(std::size_t count) {
        if (count > bytes_.size() - place_) {
            fail("the pickle ends too early");
        }
        const std::string_view taken = bytes_.substr(place_, count);
        place_ += count;
        return taken;
    }
    std::uint64_t little_endian(std::size_t count) {
        std::uint64_t value = 0;
        const std::string_view taken = take(count);
        for (std::size_t i = 0; i < count; ++i) {
            value |= std::uint64_t{static_cast<unsigned char>(taken[i])} << (8 * i);
        }
        return value;
    }
    std::string_view line() {
        const std::size_t end = bytes_.find('\n', place_);
        if (end == bytes_.npos) {
            fail("a line does not end");
        }
        const std::string_view text = bytes_.substr(place_, end - place_);
        place_ = end + 1;
        return text;
    }

    Value* make(Value::Kind kind) {
        Value& value = values_.emplace_back();
        value.kind = kind;
        stack_.push_back(&value);
        return &value;
    }
    void push_number(double number) { make(Value::Kind::kNumber)->number = number; }
    void push_text(std::string_view text) { make(Value::Kind::kText)->text = text; }
    void push_number(std::string_view text) {
        const auto number = parse_number<double>(text);
        if (!number) {
            fail("no number");
        }
        push_number(*number);
    }
    Value* pop() {
        if (stack_.size() <= (marks_.empty() ? 0 : marks_.back())) {
            fail("the stack is empty");
        }
        Value* const value = stack_.back();
        stack_.pop_back();
        return value;
    }
    Value* top(Value::Kind kind) {
        if (stack_.empty() || stack_.back()->kind != kind) {
            fail("the wrong kind of container");
        }
        return stack_.back();
    }
    std::vector<Value*> pop_to_mark() {
        if (marks_.empty()) {
            fail("there is no mark");
        }
        const auto begin = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
        std::vector<Value*> values(begin, stack_.end());
        stack_.erase(begin, stack_.end());
        marks_.pop_back();
        return values;
    }
    void push_list(const std::vector<Value*>& items) {
        make(Value::Kind::kList)->items.assign(items.begin(), items.end());
    }
    void push_tuple(std::size_t count) {
        std::vector<Value*> items(count);
        for (std::size_t i = count; i > 0; --i) {
            items[i - 1] = pop();
        }
        push_list(items);
    }
    void add_entries(const std::vector<Value*>& flat) {
        if (flat.size() % 2 != 0) {
            fail("a key without a value");
        }
        Value* const dict = top(Value::Kind::kDict);
        for (std::size_t i = 0; i < flat.size(); i += 2) {
            dict->entries.emplace_back(flat[i], flat[i + 1]);
        }
    }
    void remember(std::uint64_t key) {
        if (stack_.empty()) {
            fail("the stack is empty");
        }
        memory_[key] = stack_.back();
    }
    void recall(std::uint64_t key) {
        const auto found = memory_.find(key);
        if (found == memory_.end()) {
            fail("nothing is remembered under that number");
        }
        stack_.push_back(found->second);
    }
    std::uint64_t key_of(std::string_view text) {
        const auto key = parse_number<std::uint64_t>(text);
        if (!key) {
            fail("no number");
        }
        return *key;
    }

    void push_long(std::size_t count) {
        const std::string_view digits = take(count);
        double number = 0;
        double place = 1;
        for (const char digit : digits) {
            number += place * static_cast<unsigned char>(digit);
            place *= 256;
        }
        const bool is_negative =
            count > 0 && (static_cast<unsigned char>(digits.back()) & 0x80U) != 0;
        push_number(is_negative ? number - place : number);
    }
    void push_quoted(std::string_view text) {
        const bool is_quoted = text.size() >= 2 && text.front() == text.back() &&
                               (text.front() == '\'' || text.front() == '"');
        if (!is_quoted || text.find('\\') != text.npos) {
            fail("a text that is not in quotes, or has escapes");
        }
        push_text(text.substr(1, text.size() - 2));
    }

    void step(unsigned char opcode) {
        if (!step_number(opcode) && !step_text(opcode) && !step_container(opcode) &&
            !step_object(opcode)) {
            step_memory(opcode);
        }
    }

    void push_name(std::string_view module, std::string_view name) {
        static const std::set<std::string, std::less<>> allowed{
            "numpy.core.multiarray _reconstruct",
            "numpy._core.multiarray _reconstruct",
            "numpy ndarray",
            "numpy dtype",
            "_codecs encode"};
        const std::string text = fmt::format("{} {}", module, name);
        if (!allowed.contains(text)) {
            fail(fmt::format("{} is imported, which is not run", shown(text)));
        }
        make(Value::Kind::kName)->text = text;
    }

    /// Stands for a call of what may be imported.
    void call() {
        const Value* const arguments = pop();
        const Value* const function = pop();
        if (function->kind != Value::Kind::kName || arguments->kind != Value::Kind::kList) {
            fail("a call of something else than an array's parts");
        }
        const std::string_view name = function->text;
        if (name.ends_with(" _reconstruct")) {
            make(Value::Kind::kArray);
        } else if (name == "numpy dtype" && !arguments->items.empty() &&
                   arguments->items[0]->kind == Value::Kind::kText) {
            Value* const type = make(Value::Kind::kName);
            type->text = arguments->items[0]->text;
        } else if (name == "_codecs encode" && arguments->items.size() == 2 &&
                   arguments->items[0]->kind == Value::Kind::kText &&
                   arguments->items[1]->text == "latin1") {
            push_text(latin1(arguments->items[0]->text));
        } else {
            fail("a call with arguments that are not an array's");
        }
    }

    /// Returns the bytes that Python writes as a text of as many characters.
    std::string latin1(std::string_view text) const {
        std::string bytes;
        for (std::size_t i = 0; i < text.size(); ++i) {
            const auto byte = static_cast<unsigned char>(text[i]);
            if (byte < 0x80) {
                bytes += text[i];
                continue;
            }
            // U+0080 to U+00FF take two bytes in UTF-8, the first of which has two bits of theirs.
            const bool is_second_there = i + 1 < text.size();
            if ((byte != 0xc2 && byte != 0xc3) || !is_second_there) {
                fail("a text of bytes that holds more than bytes");
            }
            bytes += static_cast<char>((byte & 0x3U) << 6 |
                                       (static_cast<unsigned char>(text[++i]) & 0x3fU));
        }
        return bytes;
    }

    /// Gives an array its state: version, shape, type, whether the first index is fastest, bytes.
    void build() {
        const Value* const state = pop();
        if (stack_.empty()) {
            fail("the stack is empty");
        }
        Value* const object = stack_.back();
        if (object->kind == Value::Kind::kName) {
            return;  // of a type: byte order and the like, which one byte does not have
        }
        using Kind = Value::Kind;
        const bool is_state = object->kind == Kind::kArray && state->kind == Kind::kList &&
                              state->items.size() == 5 && state->items[1]->kind == Kind::kList &&
                              state->items[2]->kind == Kind::kName &&
                              state->items[3]->kind == Kind::kNumber &&
                              state->items[4]->kind == Kind::kText;
        if (!is_state) {
            fail("an object that is no array of numbers");
        }
        if (state->items[3]->number != 0) {
            fail("an array whose first index is fastest");
        }
        object->items = state->items[1]->items;
        object->text = state->items[2]->text;
        object->data = state->items[4];
    }

    bool step_object(unsigned char opcode) {
        switch (opcode) {
            case 'c': {
                const std::string_view module = line();
                push_name(module, line());
                return true;
            }
            case 0x93: {
                const Value* const name = pop();
                const Value* const module = pop();
                push_name(module->text, name->text);
                return true;
            }
            case 'R':
                call();
                return true;
            case 'b':
                build();
                return true;
            default:
                return false;
        }
    }

    bool step_number(unsigned char opcode) {
        switch (opcode) {
            case 'N':
                make(Value::Kind::kNone);
                return true;
            case 0x88:
            case 0x89:
                push_number(opcode == 0x88 ? 1.0 : 0.0);
                return true;
            case 'J':
                push_number(static_cast<std::int32_t>(little_endian(4)));
                return true;
            case 'K':
                push_number(static_cast<double>(little_endian(1)));
                return true;
            case 'M':
                push_number(static_cast<double>(little_endian(2)));
                return true;
            case 'I':
                push_number(line());
                return true;
            case 'L': {
                std::string_view text = line();
                text.remove_suffix(text.ends_with('L') ? 1 : 0);
                push_number(text);
                return true;
            }
            case 0x8a:
                push_long(little_endian(1));
                return true;
            case 'F':
                push_number(line());
                return true;
            case 'G': {
                std::uint64_t bits = 0;
                for (const char byte : take(8)) {
                    bits = bits << 8 | static_cast<unsigned char>(byte);
                }
                push_number(std::bit_cast<double>(bits));
                return true;
            }
            default:
                return false;
        }
    }

    bool step_text(unsigned char opcode) {
        switch (opcode) {
            case 'U':  // texts and bytes, with 1, 4 or 8 bytes of length
            case 'C':
            case 0x8c:
                push_text(take(little_endian(1)));
                return true;
            case 'T':
            case 'B':
            case 'X':
                push_text(take(little_endian(4)));
                return true;
            case 0x8d:
            case 0x8e:
                push_text(take(little_endian(8)));
                return true;
            case 'S':
                push_quoted(line());
                return true;
            case 'V':
                push_text(line());
                return true;
            default:
                return false;
        }
    }

    bool step_container(unsigned char opcode) {
        switch (opcode) {
            case '(':
                marks_.push_back(stack_.size());
                return true;
            case ']':
            case ')':
                push_list({});
                return true;
            case '}':
                make(Value::Kind::kDict);
                return true;
            case 'l':
            case 't':
                push_list(pop_to_mark());
                return true;
            case 'd': {
                const std::vector<Value*> flat = pop_to_mark();
                make(Value::Kind::kDict);
                add_entries(flat);
                return true;
            }
            case 0x85:
            case 0x86:
            case 0x87:
                push_tuple(opcode - 0x84U);
                return true;
            case 's': {
                Value* const value = pop();
                Value* const key = pop();
                add_entries({key, value});
                return true;
            }
            case 'u':
                add_entries(pop_to_mark());
                return true;
            case 'a': {
                Value* const item = pop();
                top(Value::Kind::kList)->items.push_back(item);
                return true;
            }
            case 'e': {
                const std::vector<Value*> items = pop_to_mark();
                Value* const list = top(Value::Kind::kList);
                list->items.insert(list->items.end(), items.begin(), items.end());
                return true;
            }
            default:
                return false;
        }
    }

    void step_memory(unsigned char opcode) {
        switch (opcode) {
            case 0x80:
                take(1);  // version
                break;
            case 0x95:
                take(8);  // length of a frame
                break;
            case 'q':
                remember(little_endian(1));
                break;
            case 'r':
                remember(little_endian(4));
                break;
            case 'p':
                remember(key_of(line()));
                break;
            case 0x94:
                remember(memory_.size());
                break;
            case 'h':
                recall(little_endian(1));
                break;
            case 'j':
                recall(little_endian(4));
                break;
            case 'g':
                recall(key_of(line()));
                break;
            case '0':
                pop();
                break;
            default:
                fail(
                    fmt::format("opcode 0x{:02x} makes more than plain containers, numbers and "
                                "texts; it is not run",
                                opcode));
        }
    }

    std::string_view bytes_;
    std::string_view what_;
    std::deque<Value>& values_;
    std::size_t place_ = 0;
    std::size_t at_ = 0;  ///< of the present opcode
    std::vector<Value*> stack_;
    std::vector<std::size_t> marks_;
    std::map<std::uint64_t, Value*> memory_;
};

Pickle::Pickle(std::string_view bytes, std::string_view what) {
    root_ = Reader(bytes, what, values_).read();
}

}  // namespace murmur
