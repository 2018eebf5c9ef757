#include "learning/models/script/pickle.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <stdexcept>
#include <string_view>
#include <vector>

namespace murmur {
namespace {

constexpr std::size_t kMaxDepth = 100;

/// Opcodes that LibTorch's pickler writes [Python, Lib/pickletools.py].
enum Opcode : std::uint8_t {
    kMark = '(',
    kStop = '.',
    kBinInt = 'J',
    kBinInt1 = 'K',
    kBinInt2 = 'M',
    kNone = 'N',
    kBinPersistentId = 'Q',
    kReduce = 'R',
    kBinUnicode = 'X',
    kEmptyList = ']',
    kAppend = 'a',
    kBuild = 'b',
    kGlobal = 'c',
    kAppends = 'e',
    kBinGet = 'h',
    kLongBinGet = 'j',
    kBinPut = 'q',
    kLongBinPut = 'r',
    kSetItem = 's',
    kTuple = 't',
    kSetItems = 'u',
    kEmptyDict = '}',
    kEmptyTuple = ')',
    kBinFloat = 'G',
    kProtocol = 0x80,
    kNewObject = 0x81,
    kTuple1 = 0x85,
    kTuple2 = 0x86,
    kTuple3 = 0x87,
    kTrue = 0x88,
    kFalse = 0x89,
    kLong1 = 0x8a,
};

/// The element types of storages, and their bytes.
const std::map<std::string, std::uint64_t, std::less<>> kStorages{
    {"torch FloatStorage", 4},         {"torch DoubleStorage", 8},  {"torch HalfStorage", 2},
    {"torch BFloat16Storage", 2},      {"torch LongStorage", 8},    {"torch IntStorage", 4},
    {"torch ShortStorage", 2},         {"torch CharStorage", 1},    {"torch ByteStorage", 1},
    {"torch BoolStorage", 1},          {"torch ComplexFloatStorage", 8},
    {"torch ComplexDoubleStorage", 16}};

/// What else a pickle may name; classes of the archive's own code begin with `__torch__`.
constexpr std::array<std::string_view, 8> kFunctions{"torch._utils _rebuild_tensor_v2",
                                                     "torch.jit._pickle build_intlist",
                                                     "torch.jit._pickle build_tensorlist",
                                                     "torch.jit._pickle build_doublelist",
                                                     "torch.jit._pickle build_boollist",
                                                     "torch.jit._pickle restore_type_tag",
                                                     "collections OrderedDict",
                                                     "torch device"};
constexpr std::string_view kRebuildTensor = kFunctions[0];

enum class Kind : std::uint8_t { kOther, kMark, kInteger, kText, kTuple, kList, kDict, kGlobal,
                                 kStorage, kObject };

/// A value as far as checks need it: `number` is an integer, or how many elements a storage holds.
struct Value {
    Kind kind = Kind::kOther;
    std::int64_t number = 0;
    std::string text{};
    std::vector<std::size_t> parts{};  ///< of containers, by their place in the list of values
};

[[noreturn]] void refuse(const std::string& what) {
    throw std::invalid_argument("a damaged pickle: " + what);
}

class Walk {
  public:
    Walk(std::span<const std::uint8_t> pickle,
         const std::function<std::optional<std::uint64_t>(const std::string&)>& record_bytes)
        : rest_(pickle), record_bytes_(record_bytes) {}

    void run() {
        while (step()) {
        }
        if (stack_.size() != 1) {
            refuse(fmt::format("{} values are left where one should be", stack_.size()));
        }
        require_tree(stack_.front());
    }

  private:
    // --- bytes ---
    std::uint8_t byte() { return take(1)[0]; }
    std::span<const std::uint8_t> take(std::size_t count) {
        if (count > rest_.size()) {
            refuse("it is cut off");
        }
        const auto taken = rest_.first(count);
        rest_ = rest_.subspan(count);
        return taken;
    }
    std::uint64_t little_endian(std::size_t count) {
        std::uint64_t value = 0;
        const auto bytes = take(count);
        for (std::size_t i = 0; i < count; ++i) {
            value |= std::uint64_t{bytes[i]} << (8 * i);
        }
        return value;
    }
    std::int64_t signed_integer(std::size_t count) {
        if (count > 8) {
            refuse(fmt::format("an integer of {} bytes", count));
        }
        if (count == 0) {
            return 0;
        }
        const auto shift = 8 * (8 - count);
        return static_cast<std::int64_t>(little_endian(count) << shift) >> shift;
    }
    std::string line() {
        const auto end = std::ranges::find(rest_, std::uint8_t{'\n'});
        const auto text = take(static_cast<std::size_t>(end - rest_.begin()));
        (void)byte();
        return {text.begin(), text.end()};
    }

    // --- values ---
    std::size_t make(Value value) {
        values_.push_back(std::move(value));
        return values_.size() - 1;
    }
    void push(Value value) { stack_.push_back(make(std::move(value))); }
    std::size_t pop() {
        if (stack_.empty() || values_[stack_.back()].kind == Kind::kMark) {
            refuse("it takes a value from an empty stack");
        }
        const std::size_t value = stack_.back();
        stack_.pop_back();
        return value;
    }
    std::vector<std::size_t> pop_many(std::size_t count) {
        std::vector<std::size_t> values(count);
        for (std::size_t i = count; i > 0; --i) {
            values[i - 1] = pop();
        }
        return values;
    }
    std::vector<std::size_t> pop_to_mark() {
        const auto mark = std::find_if(stack_.rbegin(), stack_.rend(), [this](std::size_t value) {
            return values_[value].kind == Kind::kMark;
        });
        if (mark == stack_.rend()) {
            refuse("it looks for a mark that is not there");
        }
        std::vector<std::size_t> values(mark.base(), stack_.end());
        stack_.erase(std::prev(mark.base()), stack_.end());
        return values;
    }
    const Value& part(const Value& tuple, std::size_t index, Kind kind) const {
        const Value& value = values_[tuple.parts[index]];
        if (value.kind != kind) {
            refuse("a tensor or storage is described by values of other types");
        }
        return value;
    }
    /// Adds parts to the container on top of the stack.
    void extend(Kind kind, const std::vector<std::size_t>& parts) {
        if (stack_.empty() || values_[stack_.back()].kind != kind ||
            (kind == Kind::kDict && parts.size() % 2 != 0)) {
            refuse("it adds to what is no list or dictionary");
        }
        auto& all = values_[stack_.back()].parts;
        all.insert(all.end(), parts.begin(), parts.end());
    }

    // --- operations ---
    void name_global() {
        const std::string module = line();
        const std::string global = module + ' ' + line();
        const bool own_class = global.starts_with("__torch__") &&
                               global.find("torch.classes") == std::string::npos;
        if (!own_class && !kStorages.contains(global) &&
            std::ranges::find(kFunctions, global) == kFunctions.end()) {
            throw std::invalid_argument(fmt::format(
                "builds '{}' as it is loaded, allowed modules, tensors and plain values",
                global.substr(0, 80)));
        }
        push({Kind::kGlobal, 0, global, {}});
    }

    void load_storage() {
        const Value id = values_[pop()];
        if (id.kind != Kind::kTuple || id.parts.size() != 5) {
            refuse("a storage is no tuple of five");
        }
        const auto type = kStorages.find(part(id, 1, Kind::kGlobal).text);
        const std::string& key = part(id, 2, Kind::kText).text;
        const std::int64_t elements = part(id, 4, Kind::kInteger).number;
        if (type == kStorages.end() || elements < 0) {
            refuse("a storage of no known type or size");
        }
        const std::optional<std::uint64_t> bytes = record_bytes_(key);
        if (!bytes || *bytes / type->second < static_cast<std::uint64_t>(elements)) {
            throw std::invalid_argument(
                fmt::format("the record of tensor {} is {}, its {} values need {} bytes each",
                            key.substr(0, 80),
                            bytes ? fmt::format("{} bytes long", *bytes) : "missing",
                            elements,
                            type->second));
        }
        push({Kind::kStorage, elements, key, {}});
    }

    /// Sees that a tensor lies within its storage: offset + sum (size - 1) stride < elements.
    void check_tensor(const Value& arguments) const {
        if (arguments.parts.size() < 4) {
            refuse("a tensor is described by too few values");
        }
        const Value& storage = part(arguments, 0, Kind::kStorage);
        const Value& sizes = part(arguments, 2, Kind::kTuple);
        const Value& strides = part(arguments, 3, Kind::kTuple);
        __extension__ using Wide = __int128;
        Wide last = part(arguments, 1, Kind::kInteger).number;
        bool holds_any = true;
        bool fits = last >= 0 && sizes.parts.size() == strides.parts.size();
        for (std::size_t i = 0; fits && i < sizes.parts.size(); ++i) {
            const std::int64_t size = part(sizes, i, Kind::kInteger).number;
            const std::int64_t stride = part(strides, i, Kind::kInteger).number;
            fits = size >= 0 && stride >= 0;
            holds_any = holds_any && size > 0;
            last += Wide{size - 1} * stride;
        }
        if (!fits || (holds_any && last >= storage.number)) {
            throw std::invalid_argument(
                fmt::format("tensor {} reaches beyond the {} values of its record",
                            storage.text.substr(0, 80),
                            storage.number));
        }
    }

    void reduce() {
        const std::size_t arguments = pop();
        const std::size_t function = pop();
        if (values_[function].kind != Kind::kGlobal ||
            values_[arguments].kind != Kind::kTuple) {
            refuse("it calls what is no function");
        }
        if (values_[function].text == kRebuildTensor) {
            check_tensor(values_[arguments]);
        }
        push({Kind::kObject, 0, {}, {arguments}});
    }

    void build(Kind result, const std::vector<std::size_t>& parts) {
        push({result, 0, {}, parts});
    }

    void put(std::size_t key) {
        if (stack_.empty()) {
            refuse("it remembers nothing");
        }
        memo_[key] = stack_.back();
    }
    void get(std::size_t key) {
        const auto found = memo_.find(key);
        if (found == memo_.end()) {
            refuse("it recalls what was never stored");
        }
        stack_.push_back(found->second);
    }

    bool step() {
        const std::uint8_t opcode = byte();
        switch (opcode) {
            case kProtocol: (void)byte(); break;
            case kStop: return false;
            case kMark: push({Kind::kMark, 0, {}, {}}); break;
            case kNone:
            case kTrue:
            case kFalse: push({}); break;
            case kBinInt: push({Kind::kInteger, signed_integer(4), {}, {}}); break;
            case kBinInt1: push({Kind::kInteger, byte(), {}, {}}); break;
            case kBinInt2:
                push({Kind::kInteger, static_cast<std::int64_t>(little_endian(2)), {}, {}});
                break;
            case kLong1: push({Kind::kInteger, signed_integer(byte()), {}, {}}); break;
            case kBinFloat: (void)take(8); push({}); break;
            case kBinUnicode: {
                const auto text = take(little_endian(4));
                push({Kind::kText, 0, {text.begin(), text.end()}, {}});
                break;
            }
            case kGlobal: name_global(); break;
            case kBinPersistentId: load_storage(); break;
            case kReduce: reduce(); break;
            case kNewObject: {
                (void)pop();
                (void)pop();
                build(Kind::kObject, {});
                break;
            }
            case kBuild: {
                const std::size_t state = pop();
                extend(Kind::kObject, {state});
                break;
            }
            case kEmptyTuple: build(Kind::kTuple, {}); break;
            case kTuple: build(Kind::kTuple, pop_to_mark()); break;
            case kTuple1: build(Kind::kTuple, pop_many(1)); break;
            case kTuple2: build(Kind::kTuple, pop_many(2)); break;
            case kTuple3: build(Kind::kTuple, pop_many(3)); break;
            case kEmptyList: build(Kind::kList, {}); break;
            case kEmptyDict: build(Kind::kDict, {}); break;
            case kAppend: extend(Kind::kList, pop_many(1)); break;
            case kAppends: extend(Kind::kList, pop_to_mark()); break;
            case kSetItem: extend(Kind::kDict, pop_many(2)); break;
            case kSetItems: extend(Kind::kDict, pop_to_mark()); break;
            case kBinPut: put(byte()); break;
            case kLongBinPut: put(little_endian(4)); break;
            case kBinGet: get(byte()); break;
            case kLongBinGet: get(little_endian(4)); break;
            default: refuse(fmt::format("operation {:#04x}, which LibTorch never writes", opcode));
        }
        return true;
    }

    /// Refuses values that hold themselves or lie too deep: LibTorch visits them by recursion.
    void require_tree(std::size_t root) const {
        struct Visit {
            std::size_t value;
            std::size_t next = 0;
        };
        enum class Mark : std::uint8_t { kNew, kOpen, kDone };
        std::vector<Mark> marks(values_.size(), Mark::kNew);
        std::vector<Visit> path{{root}};
        while (!path.empty()) {
            Visit& visit = path.back();
            marks[visit.value] = Mark::kOpen;
            if (visit.next == values_[visit.value].parts.size()) {
                marks[visit.value] = Mark::kDone;
                path.pop_back();
                continue;
            }
            const std::size_t part = values_[visit.value].parts[visit.next++];
            if (marks[part] == Mark::kOpen) {
                refuse("a value holds itself");
            }
            if (marks[part] == Mark::kNew) {
                path.push_back({part});
            }
            if (path.size() > kMaxDepth) {
                refuse(fmt::format("values lie deeper than {} levels", kMaxDepth));
            }
        }
    }

    std::span<const std::uint8_t> rest_;
    const std::function<std::optional<std::uint64_t>(const std::string&)>& record_bytes_;
    std::vector<Value> values_;
    std::vector<std::size_t> stack_;
    std::map<std::size_t, std::size_t> memo_;
};

}  // namespace

void check_pickle(
    std::span<const std::uint8_t> pickle,
    const std::function<std::optional<std::uint64_t>(const std::string& key)>& record_bytes) {
    Walk(pickle, record_bytes).run();
}

}  // namespace murmur
