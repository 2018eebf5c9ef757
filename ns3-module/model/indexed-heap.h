/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_INDEXED_HEAP_H
#define MURMURATION_INDEXED_HEAP_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief The earliest of many times that change often, one per small integer.
 *
 * A heap of four children each that knows where each entry is: half as deep as a binary one, and
 * the children of one parent lie side by side. Infinite times are left out. Equal times are ordered
 * by their number, so that the order never depends on history.
 *
 * Most times become later, and again, before they are the earliest. So an entry whose time becomes
 * later stays where it is until it comes to the front: the heap is that of times which each entry
 * had at some time since, and which are no later than those that it has.
 */
class IndexedHeap
{
  public:
    /**
     * @brief Set the time of an entry.
     * @param entry its number
     * @param time its time; infinite takes it out
     */
    void Set(uint32_t entry, double time)
    {
        if (entry >= m_times.size())
        {
            m_times.resize(entry + 1);
            m_places.resize(entry + 1, ABSENT);
        }
        m_times[entry].time = time;
        if (m_times[entry].key == INFINITE)
        {
            if (time != INFINITE)
            {
                m_heap.push_back({time, entry});
                Move(m_heap.size() - 1, {time, entry});
            }
        }
        else if (time < m_times[entry].key)
        {
            Move(m_places[entry], {time, entry});
        }
        else if (m_heap.front().entry == entry)
        {
            BringForward();
        }
    }

    /** @return whether there is no finite time */
    bool IsEmpty() const
    {
        return m_heap.empty();
    }

    /** @return the entry of the earliest time; there must be one */
    uint32_t First() const
    {
        return m_heap.front().entry;
    }

    /** @return the earliest time; infinite if there is none */
    double FirstTime() const
    {
        return m_heap.empty() ? INFINITE : m_heap.front().time;
    }

  private:
    static constexpr double INFINITE = std::numeric_limits<double>::infinity(); //!< Not in the heap
    static constexpr uint32_t ABSENT = std::numeric_limits<uint32_t>::max();    //!< Has no place
    static constexpr std::size_t CHILDREN = 4;                                  //!< Of one place

    /** An entry and its time. */
    struct Item
    {
        double time;    //!< When it is due
        uint32_t entry; //!< Its number

        /**
         * @brief Whether one comes before another.
         * @param other the other
         * @return true if this one is earlier
         */
        bool Precedes(const Item& other) const
        {
            return time < other.time || (time == other.time && entry < other.entry);
        }
    };

    /** The times of an entry. */
    struct Times
    {
        double time{INFINITE}; //!< As set
        double key{INFINITE};  //!< That of its item in the heap; infinite: it has none
    };

    /**
     * @brief Put an item at a place.
     * @param place the place
     * @param item the item
     */
    void Put(std::size_t place, const Item& item)
    {
        m_heap[place] = item;
        m_places[item.entry] = static_cast<uint32_t>(place);
    }

    /**
     * @brief Put an item where it belongs, starting from a place that is free for it.
     * @param place the place
     * @param item the item
     */
    void Restore(std::size_t place, const Item item)
    {
        while (place > 0 && item.Precedes(m_heap[(place - 1) / CHILDREN]))
        {
            Put(place, m_heap[(place - 1) / CHILDREN]);
            place = (place - 1) / CHILDREN;
        }
        for (std::size_t child = FirstChild(place); child < m_heap.size();
             child = FirstChild(place))
        {
            const std::size_t end = std::min(child + CHILDREN, m_heap.size());
            for (std::size_t other = child + 1; other < end; ++other)
            {
                if (m_heap[other].Precedes(m_heap[child]))
                {
                    child = other;
                }
            }
            if (!m_heap[child].Precedes(item))
            {
                break;
            }
            Put(place, m_heap[child]);
            place = child;
        }
        Put(place, item);
    }

    /**
     * @brief The first of the children of a place.
     * @param place the place
     * @return its place
     */
    static std::size_t FirstChild(std::size_t place)
    {
        return CHILDREN * place + 1;
    }

    /**
     * @brief Give the item at a place another time.
     * @param place the place
     * @param item the item with its new time
     */
    void Move(std::size_t place, const Item& item)
    {
        m_times[item.entry].key = item.time;
        Restore(place, item);
    }

    /** See to it that the time in front is one that is set. */
    void BringForward()
    {
        while (!m_heap.empty())
        {
            const Item front = m_heap.front();
            const double time = m_times[front.entry].time;
            if (time == front.time)
            {
                return;
            }
            if (time != INFINITE)
            {
                Move(0, {time, front.entry});
                continue;
            }
            m_times[front.entry].key = INFINITE;
            const Item last = m_heap.back();
            m_heap.pop_back();
            if (!m_heap.empty())
            {
                Restore(0, last);
            }
        }
    }

    std::vector<Item> m_heap;       //!< Each after its parent at (place - 1) / CHILDREN
    std::vector<Times> m_times;     //!< By entry
    std::vector<uint32_t> m_places; //!< By entry, of those that have an item
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_INDEXED_HEAP_H */
