"use strict";
/* What is packed is unpacked; if that fails, the page says so and still shows its tables and pictures. */
(async () => {
  try {
    const text = (id) => document.getElementById(id).textContent;
    const decode = async (id) => new TextDecoder().decode(await draws.inflate(text(id)));
    const libraries = document.createElement("script");
    libraries.textContent = await decode("packed-libraries");
    document.head.append(libraries);
    await start(JSON.parse(await decode("packed-content")));
  } catch (error) {
    const failed = document.getElementById("failed");
    failed.hidden = false;
    failed.textContent = `The live part of the page could not be started by this browser (${error.message}); below are answer, tables and pictures.`;
    throw error;
  }
})();
