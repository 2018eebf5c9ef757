/*
 * Copyright (c) 2026 The Murmuration maintainers
 *
 * SPDX-License-Identifier: GPL-2.0-only
 *
 * Author: The Murmuration maintainers (see ns3-module/AUTHORS)
 */
#ifndef MURMURATION_PACKET_EVENT_HEAP_H
#define MURMURATION_PACKET_EVENT_HEAP_H

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <new>
#include <vector>

namespace ns3
{
namespace murmuration
{

/**
 * @ingroup murmuration
 * @brief Allocates arrays that begin with a line of the cache.
 */
template <typename T>
struct CacheLineAllocator
{
    typedef T value_type; //!< What is allocated

    static constexpr std::align_val_t LINE{64}; //!< Bytes of a line

    CacheLineAllocator() = default;

    /** Construct from one of another type. */
    template <typename Other>
    CacheLineAllocator(const CacheLineAllocator<Other>& /* other */)
    {
    }

    /**
     * @brief Allocate an array.
     * @param count of how many
     * @return the first one
     */
    T* allocate(std::size_t count)
    {
        return static_cast<T*>(::operator new(count * sizeof(T), LINE));
    }

    /**
     * @brief Give an array back.
     * @param array the first one
     */
    void deallocate(T* array, std::size_t /* count */)
    {
        ::operator delete(array, LINE);
    }

    /** @return true: any of them gives back what another one has allocated */
    template <typename Other>
    bool operator==(const CacheLineAllocator<Other>& /* other */) const
    {
        return true;
    }

    /** @return false */
    template <typename Other>
    bool operator!=(const CacheLineAllocator<Other>& /* other */) const
    {
        return false;
    }
};

/**
 * @ingroup murmuration
 * @brief What is to happen when: a flat heap of four children a node, of 16 bytes an event, so that
 * the children of a node are a line of the cache.
 *
 * Events of equal time are taken in the order of the number that says what they are, not in the
 * order in which they were pushed: the order is a function of what is pending alone.
 *
 * Taking an event leaves a hole at the top, which the next push fills. Whoever is woken by an event
 * mostly has another one, so that a step through the heap costs one way down instead of a way down
 * and one up.
 */
class PacketEventHeap
{
  public:
    /** The time of what does not happen. */
    static constexpr int64_t NEVER = INT64_MAX;

    /** Something that is to happen. */
    struct Event
    {
        int64_t time;  //!< When, in ns
        uint64_t what; //!< What; its order is the order among events of one time

        /**
         * @brief Whether this one comes first.
         * @param other the other
         * @return true if it does
         */
        bool operator<(const Event& other) const
        {
            // Without branches: which one comes first cannot be foreseen.
            const auto isBefore = static_cast<int>(time < other.time);
            const auto isEqual = static_cast<int>(time == other.time);
            return (isBefore | (isEqual & static_cast<int>(what < other.what))) != 0;
        }
    };

    /** @return whether nothing is pending */
    bool IsEmpty() const
    {
        return GetSize() == (m_hole ? 1U : 0U);
    }

    /** @return when the next event is; NEVER if there is none */
    int64_t GetNextTime()
    {
        Close();
        return GetSize() == 0 ? NEVER : At(0).time;
    }

    /** @return the next event; there must be one */
    const Event& GetNext()
    {
        Close();
        return At(0);
    }

    /**
     * @brief Add an event.
     * @param time when, in ns
     * @param what what
     */
    void Push(int64_t time, uint64_t what)
    {
        const Event event{time, what};
        if (m_hole)
        {
            m_hole = false;
            SiftDown(event);
        }
        else
        {
            m_events.push_back(event);
            SiftUp(event);
        }
    }

    /**
     * @brief Take the next event; there must be one.
     * @return the event
     */
    Event Take()
    {
        Close();
        m_hole = true;
        return At(0);
    }

    /**
     * @brief After Take(), visit what comes next but for what is pushed meanwhile, and those of
     * which one takes its place.
     * @param visitNext what to do with the next event
     * @param visitLater what to do with each of the others, four at most
     */
    template <typename VisitNext, typename VisitLater>
    void VisitComing(VisitNext visitNext, VisitLater visitLater) const
    {
        if (GetSize() < 2)
        {
            return;
        }
        const std::size_t next = FindLeastChild(0);
        visitNext(At(next));
        const std::size_t first = 4 * next + 1;
        const std::size_t end = std::min(GetSize(), first + 4);
        for (std::size_t child = first; child < end; ++child)
        {
            visitLater(At(child));
        }
    }

  private:
    /** Places before the first event: with them, the children of each begin a line. */
    static constexpr std::size_t N_BEFORE = 3;

    /** @return how many events there are, the hole among them */
    std::size_t GetSize() const
    {
        return m_events.size() - N_BEFORE;
    }

    /**
     * @brief Look at an event.
     * @param place its place in the heap, from 0
     * @return the event
     */
    Event& At(std::size_t place)
    {
        return m_events[place + N_BEFORE];
    }

    /**
     * @brief Look at an event.
     * @param place its place in the heap, from 0
     * @return the event
     */
    const Event& At(std::size_t place) const
    {
        return m_events[place + N_BEFORE];
    }

    /**
     * @brief The child that comes first.
     * @param place of a node that has children
     * @return the place of the child
     */
    std::size_t FindLeastChild(std::size_t place) const
    {
        const std::size_t first = 4 * place + 1;
        if (first + 4 <= GetSize())
        {
            const std::size_t left = first + static_cast<std::size_t>(At(first + 1) < At(first));
            const std::size_t right =
                first + 2 + static_cast<std::size_t>(At(first + 3) < At(first + 2));
            return At(right) < At(left) ? right : left;
        }
        std::size_t least = first;
        for (std::size_t child = first + 1; child < GetSize(); ++child)
        {
            least = At(child) < At(least) ? child : least;
        }
        return least;
    }

    /** Fill the hole with the last event, if nothing else has filled it. */
    void Close()
    {
        if (!m_hole)
        {
            return;
        }
        m_hole = false;
        const Event last = m_events.back();
        m_events.pop_back();
        if (GetSize() > 0)
        {
            SiftDown(last);
        }
    }

    /**
     * @brief Find the place of an event from the last one upwards.
     * @param event the event
     */
    void SiftUp(const Event& event)
    {
        std::size_t place = GetSize() - 1;
        while (place > 0)
        {
            const std::size_t parent = (place - 1) / 4;
            if (!(event < At(parent)))
            {
                break;
            }
            At(place) = At(parent);
            place = parent;
        }
        At(place) = event;
    }

    /**
     * @brief Find the place of an event from the top downwards.
     * @param event the event
     */
    void SiftDown(const Event& event)
    {
        std::size_t place = 0;
        while (4 * place + 1 < GetSize())
        {
            const std::size_t least = FindLeastChild(place);
            if (!(At(least) < event))
            {
                break;
            }
            At(place) = At(least);
            place = least;
        }
        At(place) = event;
    }

    typedef std::vector<Event, CacheLineAllocator<Event>> Events; //!< In lines of the cache

    Events m_events = Events(N_BEFORE); //!< A heap, behind N_BEFORE places that are not used
    bool m_hole{false};                 //!< Whether the first one is taken already
};

} // namespace murmuration
} // namespace ns3

#endif /* MURMURATION_PACKET_EVENT_HEAP_H */
