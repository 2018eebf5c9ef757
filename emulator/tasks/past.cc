#include "emulator/tasks/past.h"

#include <algorithm>
#include <utility>

namespace murmur {

void Past::add(const PastName& name, Bytes bytes, std::shared_ptr<const void> keeper) {
    pieces_.push_back({name, bytes});
    if (keepers_.empty() || keepers_.back() != keeper) {
        keepers_.push_back(std::move(keeper));
    }
}

void Past::sort() {
    std::stable_sort(pieces_.begin(), pieces_.end(), [](const Piece& a, const Piece& b) {
        return a.name < b.name;
    });
}

std::span<const Past::Piece> Past::pieces_of(const PastName& name) const {
    const auto first = std::lower_bound(
        pieces_.begin(), pieces_.end(), name, [](const Piece& piece, const PastName& of) {
            return piece.name < of;
        });
    const auto last = std::find_if(
        first, pieces_.end(), [&name](const Piece& piece) { return piece.name != name; });
    return {first, last};
}

std::optional<Past::Bytes> Past::find(const PastName& name) const {
    const std::span<const Piece> found = pieces_of(name);
    return found.empty() ? std::nullopt : std::optional(found.front().bytes);
}

std::vector<Past::Bytes> Past::find_all(const PastName& name) const {
    std::vector<Bytes> all;
    for (const Piece& piece : pieces_of(name)) {
        all.push_back(piece.bytes);
    }
    return all;
}

}  // namespace murmur
