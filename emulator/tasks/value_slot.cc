#include "emulator/tasks/value_slot.h"

#include <stdexcept>
#include <utility>

namespace murmur {

void ValueRegistry::enter(ValueSlot& slot) {
    const std::lock_guard lock(mutex_);
    slot.next_ = first_;
    if (first_ != nullptr) {
        first_->previous_ = &slot;
    }
    first_ = &slot;
}

void ValueRegistry::leave(ValueSlot& slot) {
    const std::lock_guard lock(mutex_);
    (slot.previous_ != nullptr ? slot.previous_->next_ : first_) = slot.next_;
    if (slot.next_ != nullptr) {
        slot.next_->previous_ = slot.previous_;
    }
}

std::vector<LiveValue> ValueRegistry::list() const {
    std::vector<LiveValue> values;
    const std::lock_guard lock(mutex_);
    for (const ValueSlot* slot = first_; slot != nullptr; slot = slot->next_) {
        values.push_back(slot->describe());
    }
    return values;
}

std::vector<std::shared_ptr<ValueSlot>> ValueRegistry::slots() const {
    std::vector<std::shared_ptr<ValueSlot>> slots;
    const std::lock_guard lock(mutex_);
    for (ValueSlot* slot = first_; slot != nullptr; slot = slot->next_) {
        if (std::shared_ptr<ValueSlot> held = slot->weak_from_this().lock()) {
            slots.push_back(std::move(held));
        }
    }
    return slots;
}

ValueSlot::~ValueSlot() {
    if (registry_) {
        registry_->take_bytes(uncounted_);
        registry_->leave(*this);
    }
}

void ValueSlot::list_in(std::shared_ptr<ValueRegistry> registry) {
    registry_ = std::move(registry);
    registry_->enter(*this);
}

void ValueSlot::throw_unwritable() {
    throw std::logic_error(
        "a value cannot go to another rank: its type has no write_value and no ValueReader");
}

void ValueSlot::note_made(std::size_t bytes, std::size_t uncounted) {
    bytes_ = bytes;
    if (registry_) {
        uncounted_ = uncounted;
        registry_->add_bytes(uncounted);
    }
    is_made_.store(true, std::memory_order_release);
}

}  // namespace murmur
