/*
 * SPDX-License-Identifier: GPL-2.0-only
 */
#ifndef MURMURATION_INDEXED_HEAP_H
#define MURMURATION_INDEXED_HEAP_H

#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @brief The earliest of many times that change often, one per small integer.
 *
 * A binary heap that knows where each entry is. Infinite times are left out. Equal times are
 * ordered by their number, so that the order never depends on history.
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
        if (entry >= m_places.size())
        {
            m_places.resize(entry + 1, ABSENT);
            m_times.resize(entry + 1, INFINITE);
        }
        if (time == m_times[entry])
        {
            return;
        }
        m_times[entry] = time;
        if (m_places[entry] == ABSENT)
        {
            m_places[entry] = static_cast<uint32_t>(m_heap.size());
            m_heap.push_back(entry);
        }
        Restore(m_places[entry]);
        if (time == INFINITE)
        {
            Remove(entry);
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
        return m_heap.front();
    }

    /** @return the earliest time; infinite if there is none */
    double FirstTime() const
    {
        return m_heap.empty() ? INFINITE : m_times[m_heap.front()];
    }

  private:
    static constexpr double INFINITE = std::numeric_limits<double>::infinity(); //!< Not in the heap
    static constexpr uint32_t ABSENT = std::numeric_limits<uint32_t>::max();    //!< Has no place

    /**
     * @brief Whether one entry comes before another.
     * @param a the one
     * @param b the other
     * @return true if a is earlier
     */
    bool Precedes(uint32_t a, uint32_t b) const
    {
        return m_times[a] < m_times[b] || (m_times[a] == m_times[b] && a < b);
    }

    /**
     * @brief Put an entry at a place.
     * @param place the place
     * @param entry the entry
     */
    void Put(std::size_t place, uint32_t entry)
    {
        m_heap[place] = entry;
        m_places[entry] = static_cast<uint32_t>(place);
    }

    /**
     * @brief Move what is at a place to where it belongs.
     * @param place the place
     */
    void Restore(std::size_t place)
    {
        const uint32_t entry = m_heap[place];
        for (; place > 0 && Precedes(entry, m_heap[(place - 1) / 2]); place = (place - 1) / 2)
        {
            Put(place, m_heap[(place - 1) / 2]);
        }
        for (std::size_t child = 2 * place + 1; child < m_heap.size(); child = 2 * place + 1)
        {
            if (child + 1 < m_heap.size() && Precedes(m_heap[child + 1], m_heap[child]))
            {
                ++child;
            }
            if (!Precedes(m_heap[child], entry))
            {
                break;
            }
            Put(place, m_heap[child]);
            place = child;
        }
        Put(place, entry);
    }

    /**
     * @brief Take out an entry.
     * @param entry the entry
     */
    void Remove(uint32_t entry)
    {
        const std::size_t place = m_places[entry];
        const uint32_t last = m_heap.back();
        m_heap.pop_back();
        m_places[entry] = ABSENT;
        if (last != entry)
        {
            Put(place, last);
            Restore(place);
        }
    }

    std::vector<uint32_t> m_heap;   //!< Entries, each after its parent at (place - 1) / 2
    std::vector<uint32_t> m_places; //!< By entry
    std::vector<double> m_times;    //!< By entry
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_INDEXED_HEAP_H */
