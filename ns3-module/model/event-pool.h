/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_EVENT_POOL_H
#define MURMURATION_EVENT_POOL_H

#include "ns3/event-id.h"
#include "ns3/event-impl.h"
#include "ns3/nstime.h"
#include "ns3/ptr.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <limits>
#include <new>
#include <utility>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Many small events behind one event of the simulator.
 *
 * An event of ns-3's is an object of its own in a tree of all. Here it is a callable in a slot that
 * is used again, and a place in a flat heap; the simulator knows of the earliest one alone. Events
 * of one instant run one after the other, in the order in which they were scheduled, and those that
 * they schedule for the same instant after them. Where many like events are scheduled for one
 * instant, they follow the first of them in a chain, and have no place of their own in the heap.
 */
class EventPool
{
  public:
    EventPool() = default;
    ~EventPool();
    EventPool(const EventPool&) = delete;
    EventPool& operator=(const EventPool&) = delete;

    /**
     * @brief Schedule an event.
     * @param delay from now, not negative
     * @param call runs then; small
     */
    template <class Call>
    void Schedule(Time delay, Call call);

    /**
     * @brief The simulated time. To ask the simulator for it costs as much as a small event.
     * @return in nanoseconds
     */
    int64_t GetNow() const;

    /** @return the same, in seconds */
    double GetSecondsNow() const;

  private:
    static constexpr std::size_t ROOM = 64;                                //!< For a callable
    static constexpr int64_t NEVER = std::numeric_limits<int64_t>::max();  //!< No such time
    static constexpr uint32_t NONE = std::numeric_limits<uint32_t>::max(); //!< No slot
    static constexpr std::size_t CHILDREN = 4;  //!< Of one place of the heap
    static constexpr std::size_t N_CHAINS = 16; //!< That can be made longer, by instant

    /** A callable that waits, or nothing. */
    struct Slot
    {
        alignas(std::max_align_t) std::byte room[ROOM]; //!< The callable
        /** Takes the callable out of the slot, and runs it if it is told to. */
        void (*take)(EventPool& pool, uint32_t slot, bool isRun);
        uint32_t next; //!< What runs after it at the same instant, or NONE
    };

    /** Events of one instant in the heap. */
    struct Item
    {
        int64_t time;   //!< When, in nanoseconds
        uint64_t order; //!< Of the first, among all
        uint32_t slot;  //!< Where its callable is

        /**
         * @brief Whether one comes before another.
         * @param other the other
         * @return true if this one is earlier
         */
        bool Precedes(const Item& other) const
        {
            return time < other.time || (time == other.time && order < other.order);
        }
    };

    /** Events of one instant to which others can be added. */
    struct Chain
    {
        int64_t time{NEVER}; //!< When, in nanoseconds
        uint32_t last{NONE}; //!< The slot of the last one
    };

    /**
     * @brief Find room for a callable.
     * @return a free slot
     */
    uint32_t FindSlot();

    /**
     * @brief Put an event into the heap, and see to it that the simulator knows the earliest.
     * @param delay from now
     * @param slot of its callable
     */
    void Push(Time delay, uint32_t slot);

    /**
     * @brief The chain that may be one of an instant.
     * @param time the instant, in nanoseconds
     * @return the chain
     */
    Chain& FindChain(int64_t time);

    /** Take the first item out of the heap. */
    void Pop();

    /**
     * @brief Let the simulator know of the earliest event.
     * @param now the time in nanoseconds
     */
    void Announce(int64_t now);

    /** Run all events of this instant. */
    void Run();

    std::deque<Slot> m_slots;     //!< Stay where they are
    std::vector<uint32_t> m_free; //!< Slots without a callable
    std::vector<Item> m_heap;     //!< What waits, each after its parent at (place - 1) / CHILDREN
    std::array<Chain, N_CHAINS> m_chains; //!< The latest ones, each for some of all instants
    uint64_t m_nScheduled{0};             //!< How many there have been
    Ptr<EventImpl> m_run;                 //!< Runs Run(), again and again
    EventId m_pending;                    //!< What the simulator knows of
    int64_t m_pendingTime{NEVER};         //!< When that is
    bool m_isRunning{false};              //!< In Run()
    int64_t m_now{0};                     //!< While it is: the time
};

template <class Call>
void
EventPool::Schedule(Time delay, Call call)
{
    static_assert(sizeof(Call) <= ROOM, "the callable is too large for a slot");
    const uint32_t number = FindSlot();
    Slot& slot = m_slots[number];
    new (slot.room) Call(std::move(call));
    slot.take = [](EventPool& pool, uint32_t which, bool isRun) {
        auto* const waiting = std::launder(reinterpret_cast<Call*>(pool.m_slots[which].room));
        Call taken(std::move(*waiting));
        waiting->~Call();
        pool.m_free.push_back(which);
        if (isRun)
        {
            taken();
        }
    };
    Push(delay, number);
}

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_EVENT_POOL_H */
