import asyncio

from webapp.giving_back import giving_back


def test_what_is_free_is_given_back_again_and_again_until_the_server_ends() -> None:
    given = 0

    async def serve() -> int:
        loop, often = asyncio.get_running_loop(), asyncio.Event()

        def give() -> None:
            nonlocal given
            given += 1
            if given == 3:
                loop.call_soon_threadsafe(often.set)

        async with giving_back(period=0, give=give):
            await asyncio.wait_for(often.wait(), timeout=10)
        await loop.shutdown_default_executor()
        return given

    ended = asyncio.run(serve())
    assert given == ended >= 3
