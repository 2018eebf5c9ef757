/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_HEAP_FOREST_H
#define MURMURATION_HEAP_FOREST_H

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
 * @brief Many heaps over the same small integers, each of which is in one heap at most.
 *
 * Which entry of a heap has the least key is known at once; an entry enters, leaves or changes its
 * key in a number of steps that is the logarithm of its heap's size. Equal keys are ordered by
 * entry, so that the order never depends on history.
 */
class HeapForest
{
  public:
    /**
     * @brief Construct empty heaps.
     * @param nHeaps how many
     */
    explicit HeapForest(std::size_t nHeaps)
        : m_heaps(nHeaps)
    {
    }

    /**
     * @brief Put an entry into a heap, or change its key there.
     * @param heap the heap; the entry is in no other
     * @param entry the entry
     * @param key its key
     */
    void Set(uint32_t heap, uint32_t entry, double key)
    {
        if (entry >= m_places.size())
        {
            m_places.resize(entry + 1, ABSENT);
        }
        std::vector<Item>& items = m_heaps[heap];
        if (m_places[entry] == ABSENT)
        {
            m_places[entry] = static_cast<uint32_t>(items.size());
            items.push_back({key, entry});
        }
        Restore(items, m_places[entry], {key, entry});
    }

    /**
     * @brief Take an entry out of a heap, if it is there.
     * @param heap the heap; the entry is in no other
     * @param entry the entry
     */
    void Remove(uint32_t heap, uint32_t entry)
    {
        if (entry >= m_places.size() || m_places[entry] == ABSENT)
        {
            return;
        }
        std::vector<Item>& items = m_heaps[heap];
        const uint32_t place = m_places[entry];
        const Item last = items.back();
        items.pop_back();
        m_places[entry] = ABSENT;
        if (last.entry != entry)
        {
            Restore(items, place, last);
        }
    }

    /**
     * @brief Whether a heap has no entries.
     * @param heap the heap
     * @return true if it has none
     */
    bool IsEmpty(uint32_t heap) const
    {
        return m_heaps[heap].empty();
    }

    /**
     * @brief The entry of the least key.
     * @param heap the heap, not empty
     * @return the entry
     */
    uint32_t First(uint32_t heap) const
    {
        return m_heaps[heap].front().entry;
    }

    /**
     * @brief The least key.
     * @param heap the heap, not empty
     * @return the key
     */
    double FirstKey(uint32_t heap) const
    {
        return m_heaps[heap].front().key;
    }

  private:
    static constexpr uint32_t ABSENT = std::numeric_limits<uint32_t>::max(); //!< In no heap

    /** An entry and its key. */
    struct Item
    {
        double key;     //!< Its key
        uint32_t entry; //!< Its number

        /**
         * @brief Whether one comes before another.
         * @param other the other
         * @return true if this one has the lesser key
         */
        bool Precedes(const Item& other) const
        {
            return key < other.key || (key == other.key && entry < other.entry);
        }
    };

    /**
     * @brief Put an item where it belongs, starting from a place that is free for it.
     * @param items of the heap
     * @param place the place
     * @param item the item
     */
    void Restore(std::vector<Item>& items, std::size_t place, const Item item)
    {
        const auto put = [&](std::size_t where, const Item& what) {
            items[where] = what;
            m_places[what.entry] = static_cast<uint32_t>(where);
        };
        while (place > 0 && item.Precedes(items[(place - 1) / 2]))
        {
            put(place, items[(place - 1) / 2]);
            place = (place - 1) / 2;
        }
        for (std::size_t child = 2 * place + 1; child < items.size(); child = 2 * place + 1)
        {
            child += child + 1 < items.size() && items[child + 1].Precedes(items[child]) ? 1 : 0;
            if (!items[child].Precedes(item))
            {
                break;
            }
            put(place, items[child]);
            place = child;
        }
        put(place, item);
    }

    std::vector<std::vector<Item>> m_heaps; //!< Each item after its parent at (place - 1) / 2
    std::vector<uint32_t> m_places;         //!< By entry: its place in its heap
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_HEAP_FOREST_H */
